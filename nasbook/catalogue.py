"""What is built in: every method, task, search space of architectures, estimator and lab, a line each.

An entry is its name, what it is, where it comes from and where its code stands. The tables hold text only, so that
listing them imports nothing; a module is imported when its entry is made (registry.py).
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Entry:
    name: str
    summary: str
    target: str  # "package.module:attribute"
    family: str = ""
    paper: str = ""
    settings: tuple[tuple[str, object], ...] = ()  # fixed arguments of this entry, e.g. a table's data set
    thing: object = field(default=None, compare=False, repr=False)  # what was registered by hand

    @property
    def module(self) -> str:
        return self.target.partition(":")[0]

    def load(self) -> Any:
        """The class or function behind the entry."""
        if self.thing is not None:
            return self.thing
        return load(self.target)

    def describe(self) -> dict[str, str]:
        row = {k: getattr(self, k) for k in ("name", "family", "paper", "summary") if getattr(self, k)}
        return {**row, "module": self.module}


def load(target: str) -> Any:
    """The attribute of "package.module:attribute"; ModuleNotFoundError says so where it needs torch and there is none."""
    module, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ModuleNotFoundError(needs_torch(attribute), name="torch") from None


def needs_torch(what: str) -> str:
    """One sentence: that torch is missing, and what to do."""
    if sys.platform == "emscripten":
        return f"{what} needs torch, which no browser has (run it where Python is installed)"
    return f"{what} needs torch, which is not installed here (pip install torch, then restart Python)"


METHODS = [
    Entry("random", "samples the space uniformly",
          "nasbook.hpo.random:RandomSearch", "model-free", "Bergstra and Bengio 2012, Random Search for Hyper-Parameter Optimization"),
    Entry("grid", "tries every point of a grid",
          "nasbook.hpo.grid:GridSearch", "model-free", "Bergstra and Bengio 2012, which says why not to"),
    Entry("compound", "finds on a small grid how depth, width and resolution share more computing, then scales a network by that rule",
          "nasbook.nas.compound:CompoundScaling", "model-free", "Tan and Le 2019, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks"),
    Entry("sobol", "fills the space more evenly than independent draws, by a Sobol sequence",
          "nasbook.hpo.qmc:SobolSearch", "model-free", "Sobol' 1967"),
    Entry("halton", "fills it evenly by a Halton sequence, a radical inverse in another prime for each axis",
          "nasbook.hpo.qmc:HaltonSearch", "model-free", "Halton 1960"),
    Entry("latin-hypercube", "puts n points so that each axis has one in every n-th part",
          "nasbook.hpo.qmc:LatinHypercubeSearch", "model-free", "McKay et al. 1979"),
    Entry("bayesian", "models the objective with a Gaussian process and asks where an acquisition function is largest; it can weigh in what trials cost and what you believe",
          "nasbook.hpo.bayesian:BayesianOptimisation", "Bayesian", "Snoek et al. 2012, Practical Bayesian Optimization of Machine Learning Algorithms"),
    Entry("forest", "models the objective with a random forest, at home among choices and conditions",
          "nasbook.hpo.forest:ForestOptimisation", "Bayesian", "Hutter et al. 2011, Sequential Model-Based Optimization for General Algorithm Configuration"),
    Entry("pfn", "asks a transformer that has learned on 260,000 drawn problems what to expect of this one; nothing is fitted",
          "nasbook.hpo.pfn:Pfn", "Bayesian", "Müller et al. 2023, PFNs4BO: In-Context Learning for Bayesian Optimization"),
    Entry("tpe", "models where good trials lie and where the others do, and asks where the ratio is largest",
          "nasbook.hpo.tpe:TPE", "Bayesian", "Bergstra et al. 2011, Algorithms for Hyper-Parameter Optimization"),
    Entry("genetic", "mixes two good configurations and mutates the child",
          "nasbook.hpo.genetic:GeneticAlgorithm", "evolutionary", "Holland 1975, Adaptation in Natural and Artificial Systems"),
    Entry("differential-evolution", "moves members of a population by differences of others",
          "nasbook.hpo.differential_evolution:DifferentialEvolution", "evolutionary", "Storn and Price 1997, Differential Evolution"),
    Entry("cma-es", "draws from a normal distribution that learns the shape of the valley",
          "nasbook.hpo.cma_es:CMAES", "evolutionary", "Hansen 2016, The CMA Evolution Strategy: A Tutorial"),
    Entry("particle-swarm", "lets particles fly towards the best places seen",
          "nasbook.hpo.particle_swarm:ParticleSwarm", "evolutionary", "Kennedy and Eberhart 1995, Particle Swarm Optimization"),
    Entry("regularized-evolution", "mutates the best of a sample, removes the oldest",
          "nasbook.nas.regularized_evolution:RegularizedEvolution", "evolutionary", "Real et al. 2019, Regularized Evolution for Image Classifier Architecture Search"),
    Entry("cnn-differential-evolution", "moves chains of layers, of different lengths, by differences of others",
          "nasbook.nas.cnn_differential_evolution:CNNDifferentialEvolution", "evolutionary", "Ghosh et al. 2022, Designing Optimal Convolutional Neural Network Architecture Using Differential Evolution Algorithm"),
    Entry("local-search", "looks at all neighbours of a configuration and moves to the best",
          "nasbook.nas.local_search:LocalSearch", "evolutionary", "White et al. 2021, Exploring the Loss Landscape in Neural Architecture Search"),
    Entry("bananas", "predicts architectures by an ensemble of networks that sees their paths",
          "nasbook.nas.bananas:Bananas", "Bayesian", "White et al. 2021, BANANAS: Bayesian Optimization with Neural Architectures"),
    Entry("rgpe", "brings what was found on related tasks, and believes each of them as far as it ranks the new results right",
          "nasbook.nas.rgpe:RGPE", "Bayesian", "Feurer et al. 2018, Scalable Meta-Learning for Bayesian Optimization using Ranking-Weighted Gaussian Process Ensembles"),
    Entry("reinforce", "an LSTM controller writes architectures; the policy gradient makes good ones likelier",
          "nasbook.nas.reinforce:Reinforce", "reinforcement learning", "Zoph and Le 2017, Neural Architecture Search with Reinforcement Learning"),
    Entry("ppo", "takes several steps with each batch of such a controller, and clips them",
          "nasbook.nas.ppo:PPO", "reinforcement learning", "Schulman et al. 2017, Proximal Policy Optimization Algorithms"),
    Entry("staged", "searches an architecture and the recipe of its training together, one after the other, or in turns",
          "nasbook.nas.staged:Staged", "joint", "Zela et al. 2018, Towards Automated Deep Learning: Efficient Joint Neural Architecture and Hyperparameter Search"),
    Entry("nsga2", "evolves a population towards the Pareto front of several objectives",
          "nasbook.hpo.nsga2:NSGA2", "multi-objective", "Deb et al. 2002, A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II"),
    Entry("parego", "weighs the objectives anew for each trial and models that weighting",
          "nasbook.hpo.parego:ParEGO", "multi-objective", "Knowles 2006, ParEGO"),
    Entry("hypergradient", "differentiates the validation loss through the training and walks downhill",
          "nasbook.hpo.hypergradient:Hypergradient", "one-shot", "Maclaurin et al. 2015, Gradient-based Hyperparameter Optimization through Reversible Learning"),
    Entry("median-stopping", "stops random trials that are worse than most at the same epoch; also by Wilcoxon's test or by extrapolating the curve",
          "nasbook.hpo.median_stopping:MedianStopping", "multi-fidelity", "Golovin et al. 2017, Google Vizier"),
    Entry("successive-halving", "trains many briefly and goes on with the best part, again and again",
          "nasbook.hpo.successive_halving:SuccessiveHalving", "multi-fidelity", "Jamieson and Talwalkar 2016, Non-stochastic Best Arm Identification and Hyperparameter Optimization"),
    Entry("hyperband", "repeats successive halving, from many short to few long trainings",
          "nasbook.hpo.hyperband:Hyperband", "multi-fidelity", "Li et al. 2018, Hyperband"),
    Entry("asha", "is successive halving that promotes as soon as possible, so that no worker waits",
          "nasbook.hpo.asha:ASHA", "multi-fidelity", "Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning"),
    Entry("freeze-thaw", "goes on with the training whose end promises most for its epochs, or begins a new one; a network continues the curves",
          "nasbook.hpo.freeze_thaw:FreezeThaw", "multi-fidelity", "Swersky et al. 2014, Freeze-Thaw Bayesian Optimization"),
    Entry("bohb", "is Hyperband that draws from a density of good trials",
          "nasbook.hpo.bohb:BOHB", "multi-fidelity", "Falkner et al. 2018, BOHB"),
    Entry("dehb", "is Hyperband with a population, moved by differences, for each number of epochs",
          "nasbook.hpo.dehb:DEHB", "multi-fidelity", "Awad et al. 2021, DEHB"),
    Entry("priorband", "is Hyperband that draws from what an expert believes, from the best so far, and at random",
          "nasbook.hpo.priorband:PriorBand", "multi-fidelity", "Mallik et al. 2023, PriorBand: Practical Hyperparameter Optimization in the Age of Deep Learning"),
    Entry("pbt", "trains many networks side by side and replaces the worst by changed copies of the best",
          "nasbook.hpo.pbt:PBT", "one-shot", "Jaderberg et al. 2017, Population Based Training of Neural Networks"),
    Entry("network-morphism", "grows a chain of convolutions while it learns: changes that keep its function, children with their parent's weights",
          "nasbook.nas.network_morphism:NetworkMorphism", "one-shot", "Elsken et al. 2017, Simple and Efficient Architecture Search for Convolutional Neural Networks"),
    Entry("nes", "evolves networks that are good together, and selects an ensemble of what it has trained",
          "nasbook.nas.nes:NES", "one-shot", "Zaidi et al. 2021, Neural Ensemble Search for Uncertainty Estimation and Dataset Shift"),
    Entry("reptile", "learns the weights of a supernet, and its architecture weights, from which new small tasks are learned in a few steps",
          "nasbook.nas.reptile:Reptile", "one-shot", "Nichol et al. 2018, On First-Order Meta-Learning Algorithms"),
    Entry("darts", "relaxes the choice of operations and follows its gradient",
          "nasbook.nas.darts:Darts", "one-shot", "Liu et al. 2019, DARTS: Differentiable Architecture Search"),
    Entry("pc-darts", "is DARTS in which a part of the channels goes through the operations, and each edge has a weight",
          "nasbook.nas.pc_darts:PcDarts", "one-shot", "Xu et al. 2020, PC-DARTS: Partial Channel Connections for Memory-Efficient Architecture Search"),
    Entry("fair-darts", "is DARTS with a sigmoid for each operation, so that they do not compete",
          "nasbook.nas.fair_darts:FairDarts", "one-shot", "Chu et al. 2020, Fair DARTS: Eliminating Unfair Advantages in Differentiable Architecture Search"),
    Entry("p-darts", "is DARTS in three stages, between which the weakest operations go",
          "nasbook.nas.p_darts:PDarts", "one-shot", "Chen et al. 2019, Progressive Differentiable Architecture Search"),
    Entry("spos", "trains a supernet path by path, drawn uniformly, and lets evolution find the best path",
          "nasbook.nas.spos:Spos", "one-shot", "Guo et al. 2020, Single Path One-Shot Neural Architecture Search with Uniform Sampling"),
    Entry("fairnas", "trains every operation of a supernet equally often, then evolves a front of paths",
          "nasbook.nas.fairnas:FairNAS", "one-shot", "Chu et al. 2021, FairNAS: Rethinking Evaluation Fairness of Weight Sharing Neural Architecture Search"),
    Entry("scarlet", "searches the depth of a chain, in which a skip is a linear layer while the weights are shared",
          "nasbook.nas.scarlet:Scarlet", "one-shot", "Chu et al. 2021, SCARLET-NAS: Bridging the Gap between Stability and Scalability in Weight-sharing Neural Architecture Search"),
    Entry("ofa", "trains one network that works at every depth, kernel and width, from the largest down",
          "nasbook.nas.ofa:Ofa", "one-shot", "Cai et al. 2020, Once-for-All: Train One Network and Specialize It for Efficient Deployment"),
    Entry("enas", "lets a controller that learns draw the paths along which a supernet learns",
          "nasbook.nas.enas:Enas", "one-shot", "Pham et al. 2018, Efficient Neural Architecture Search via Parameter Sharing"),
    Entry("gdas", "runs one drawn operation an edge and learns the probabilities through the draw",
          "nasbook.nas.gdas:Gdas", "one-shot", "Dong and Yang 2019, Searching for a Robust Neural Architecture in Four GPU Hours"),
    Entry("snas", "mixes the operations by a random sample that cools down to a choice, and learns all from one loss",
          "nasbook.nas.snas:Snas", "one-shot", "Xie et al. 2019, SNAS: Stochastic Neural Architecture Search"),
    Entry("fbnet", "mixes the operations by a random sample, and multiplies the loss by the time that they take",
          "nasbook.nas.fbnet:FBNet", "one-shot", "Wu et al. 2019, FBNet: Hardware-Aware Efficient ConvNet Design via Differentiable Neural Architecture Search"),
    Entry("proxylessnas", "trains one drawn path at a time, compares two operations an edge, and charges for latency",
          "nasbook.nas.proxylessnas:ProxylessNAS", "one-shot", "Cai et al. 2019, ProxylessNAS: Direct Neural Architecture Search on Target Task and Hardware"),
    Entry("autogan", "lets a controller write the generator of a GAN cell by cell, all of them with the same shared weights",
          "nasbook.nas.autogan:AutoGAN", "one-shot", "Gong et al. 2019, AutoGAN: Neural Architecture Search for Generative Adversarial Networks"),
]  # fmt: skip

TASKS = [
    Entry("forrester", "1-D, one local and one global minimum", "nasbook.tasks.functions:forrester", "function", "Forrester et al. 2008"),
    Entry("branin", "2-D, three global minima", "nasbook.tasks.functions:branin", "function", "Dixon & Szegö 1978"),
    Entry("hartmann6", "6-D, six local minima", "nasbook.tasks.functions:hartmann6", "function", "Dixon & Szegö 1978"),
    Entry("ackley", "many local minima around one hole", "nasbook.tasks.functions:ackley", "function", "Ackley 1987"),
    Entry("rosenbrock", "a long curved valley", "nasbook.tasks.functions:rosenbrock", "function", "Rosenbrock 1960"),
    Entry("ellipsoid", "a long straight valley", "nasbook.tasks.functions:ellipsoid", "function", "Hansen & Ostermeier 2001"),
    Entry("uneven-axes", "2-D, of which one axis may hardly matter", "nasbook.tasks.uneven:uneven_axes", "function", "Bergstra & Bengio 2012"),
    Entry("digits-mlp", "a multilayer perceptron on 8×8 digits", "nasbook.tasks.training:DigitsMLP", "training", "scikit-learn"),
    Entry("digits-cnn", "a small convolutional net on 8×8 digits", "nasbook.tasks.training:DigitsCNN", "training", "scikit-learn"),
    Entry("digits-cells", "NAS-Bench-201 cells trained on 8×8 digits", "nasbook.tasks.cells:DigitsCells", "training", "Dong & Yang 2020"),
    Entry("images", "a network of any search space, trained on images of any size", "nasbook.tasks.image_training:ImageTraining", "training", "–"),
    Entry("digits-mlp-chain", "chains of linear layers trained on 8×8 digits", "nasbook.tasks.architectures:Networks", "training", "scikit-learn",
          (("space", "mlp-chain"),)),
    Entry("digits-conv-chain", "chains of convolutions trained on 8×8 digits", "nasbook.tasks.architectures:Networks", "training", "scikit-learn",
          (("space", "conv-chain"),)),
    Entry("digits-darts", "pairs of DARTS' cells trained on 8×8 digits", "nasbook.tasks.architectures:Networks", "training", "Liu et al. 2019",
          (("space", "darts-cells"),)),
    Entry("digits-s2", "cells of skips and separable convolutions trained on 8×8 digits", "nasbook.tasks.architectures:Networks", "training",
          "Zela et al. 2020", (("space", "robustdarts-s2"),)),
    Entry("digits-s4", "cells of noise and separable convolutions trained on 8×8 digits", "nasbook.tasks.architectures:Networks", "training",
          "Zela et al. 2020", (("space", "robustdarts-s4"),)),
    Entry("digits-macro", "networks of three stages trained on 8×8 digits", "nasbook.tasks.architectures:Networks", "training", "Tan et al. 2019",
          (("space", "macro"),)),
    Entry("digits-elastic", "networks that one larger network contains, trained on 8×8 digits", "nasbook.tasks.architectures:Networks", "training",
          "Cai et al. 2020", (("space", "elastic"),)),
    Entry("digits-compound", "a convolutional network scaled in depth, width and resolution by one rule, trained on 8×8 digits",
          "nasbook.tasks.architectures:Networks", "training", "Tan & Le 2019", (("space", "compound"),)),
    Entry("digits-block-chain", "chains of convolutions that may be left out, trained on 8×8 digits", "nasbook.tasks.architectures:Networks", "training",
          "Chu et al. 2021", (("space", "block-chain"),)),
    Entry("digits-mbconv-chain", "chains of inverted bottlenecks that may be left out, trained on 8×8 digits", "nasbook.tasks.architectures:Networks",
          "training", "Cai et al. 2019", (("space", "mbconv-chain"),)),
    Entry("characters", "recurrent cells that predict the next character of a small text", "nasbook.tasks.characters:Characters", "training",
          "Pham et al. 2018"),
    Entry("digits-supernet", "paths through a supernet that is trained once, on 8×8 digits", "nasbook.tasks.supernet:SupernetTask", "training",
          "Guo et al. 2020"),
    Entry("digits-few-shot", "many small tasks of three digits and five images each", "nasbook.tasks.few_shot:FewShot", "training", "scikit-learn"),
    Entry("digits-gan", "generators of 8×8 digits, scored by a classifier", "nasbook.tasks.gan:DigitsGAN", "training", "Gong et al. 2019"),
    Entry("ridge-digits", "ridge regression by gradient descent, differentiable", "nasbook.tasks.differentiable:RidgeDigits", "training", "scikit-learn"),
    Entry("logistic-cancer", "logistic regression with three decays, differentiable", "nasbook.tasks.differentiable:LogisticCancer", "training",
          "scikit-learn"),
    Entry("mlp-decays", "a small MLP with a decay for each layer, differentiable", "nasbook.tasks.differentiable:MLPDecays", "training", "scikit-learn"),
    Entry("cancer-svm", "a support vector machine, cross-validated", "nasbook.tasks.tabular:CancerSVM", "training", "scikit-learn"),
    Entry("cancer-boosting", "gradient boosting, cross-validated", "nasbook.tasks.tabular:CancerBoosting", "training", "scikit-learn"),
    Entry("pipeline", "pipelines of scikit-learn on a CSV file, cross-validated", "nasbook.automl.evaluate:Pipelines", "AutoML", "Thornton et al. 2013"),
    *(Entry(f"pipeline-{name}", f"pipelines of scikit-learn on {table}, cross-validated", "nasbook.automl.evaluate:Pipelines", "AutoML", "scikit-learn",
            (("data", name),))
      for name, table in (("cancer", "the breast-cancer data"), ("wine", "three kinds of wine"), ("digits", "8×8 digits"),
                          ("diabetes", "the progression of diabetes, a regression"), ("noise", "pure noise, from which nothing can be learnt"))),
    Entry("nb201-cifar10", "15,625 cells trained on CIFAR-10, as a table", "nasbook.tasks.nb201:NB201", "table", "Dong & Yang 2020",
          (("dataset", "cifar10"),)),
    Entry("nb201-cifar100", "15,625 cells trained on CIFAR-100, as a table", "nasbook.tasks.nb201:NB201", "table", "Dong & Yang 2020",
          (("dataset", "cifar100"),)),
    Entry("nb201-imagenet16", "15,625 cells trained on ImageNet16-120, as a table", "nasbook.tasks.nb201:NB201", "table", "Dong & Yang 2020",
          (("dataset", "imagenet16"),)),
    Entry("digits201-digits", "the same cells trained on 8×8 digits, as a table", "nasbook.tasks.digits201:Digits201", "table", "nasbook",
          (("dataset", "digits"),)),
    Entry("digits201-messy", "the same cells trained on messy digits, as a table", "nasbook.tasks.digits201:Digits201", "table", "nasbook",
          (("dataset", "messy"),)),
    Entry("digits201-textures", "the same cells trained on textures, as a table", "nasbook.tasks.digits201:Digits201", "table", "nasbook",
          (("dataset", "textures"),)),
    Entry("digits-pool", "45 trained cells, five trainings each, with what each says of every image", "nasbook.tasks.digits_pool:DigitsPool", "table", "–"),
    Entry("digits-jahs", "512 cells with 15 recipes of training, learning rate and weight decay, on messy digits, as a table",
          "nasbook.tasks.digits_jahs:DigitsJAHS", "table", "nasbook"),
    Entry("digits-hpo-digits", "9,720 small networks on 8×8 digits with their curves, as a table", "nasbook.tasks.digits_hpo:DigitsHPO", "table", "nasbook",
          (("dataset", "digits"),)),
    Entry("digits-hpo-messy", "the same networks on messy digits, as a table", "nasbook.tasks.digits_hpo:DigitsHPO", "table", "nasbook",
          (("dataset", "messy"),)),
    Entry("digits-hpo-textures", "the same networks on textures, as a table", "nasbook.tasks.digits_hpo:DigitsHPO", "table", "nasbook",
          (("dataset", "textures"),)),
    Entry("nb201-cifar10-latency", "the cells of NAS-Bench-201: error and latency", "nasbook.tasks.nb201:NB201", "multi-objective", "Dong & Yang 2020",
          (("dataset", "cifar10"), ("objectives", ("error", "latency")))),
    Entry("nb201-cifar10-costs", "the same with four objectives: error, parameters, FLOPs and latency", "nasbook.tasks.nb201:NB201", "multi-objective",
          "Dong & Yang 2020", (("dataset", "cifar10"), ("objectives", ("error", "parameters", "flops", "latency")))),
    Entry("digits201-messy-parameters", "cells on messy digits: error and parameters", "nasbook.tasks.digits201:Digits201", "multi-objective", "nasbook",
          (("dataset", "messy"), ("objectives", ("error", "parameters")))),
    Entry("digits-hpo-messy-seconds", "small networks on messy digits: error and seconds of training", "nasbook.tasks.digits_hpo:DigitsHPO",
          "multi-objective", "nasbook", (("dataset", "messy"), ("objectives", ("error", "seconds")))),
    Entry("digits-mbconv-table", "chains of inverted bottlenecks: error, latency and parameters, as a table", "nasbook.tasks.chain_table:ChainTable",
          "multi-objective", "nasbook"),
    Entry("digits-mlp-parameters", "a multilayer perceptron trained on 8×8 digits: error and parameters", "nasbook.tasks.training:DigitsMLP",
          "multi-objective", "scikit-learn", (("objectives", ("error", "parameters")),)),
]  # fmt: skip

SPACES = [
    Entry("mlp-chain", "1 to 4 linear layers: widths and activations", "nasbook.nas.spaces.mlp_chain:MLPChain", "chain", "–"),
    Entry("conv-chain", "1 to 5 convolutions and poolings, with skips", "nasbook.nas.spaces.conv_chain:ConvChain", "chain", "Ghosh et al. 2022"),
    Entry("nb201-cell", "a cell of four nodes and six edges, five operations", "nasbook.nas.spaces.nb201.space:NB201Cells", "cell", "Dong & Yang 2020"),
    Entry("darts-cells", "a normal and a reduction cell of four nodes, seven operations", "nasbook.nas.spaces.darts_cells:DartsCells", "cell",
          "Liu et al. 2019"),
    Entry("robustdarts-s2", "the same cells with two operations: skip and separable convolution", "nasbook.nas.spaces.darts_cells:RobustDartsS2", "cell",
          "Zela et al. 2020"),
    Entry("robustdarts-s4", "the same cells with two operations: noise and separable convolution", "nasbook.nas.spaces.darts_cells:RobustDartsS4", "cell",
          "Zela et al. 2020"),
    Entry("recurrent-cell", "four nodes of a recurrent network: what each reads, and its activation", "nasbook.nas.spaces.recurrent_cell:RecurrentCells",
          "cell", "Pham et al. 2018"),
    Entry("elastic", "two stages of bottlenecks, elastic in depth, kernel and expansion", "nasbook.nas.spaces.elastic:Elastic", "macro",
          "Cai et al. 2020, Once-for-All"),
    Entry("block-chain", "four places of a chain: a convolution of kernel 3 or 5, or a skip", "nasbook.nas.spaces.block_chain:BlockChain", "macro",
          "Chu et al. 2021"),
    Entry("mbconv-chain", "four places of a chain: an inverted bottleneck, or a skip", "nasbook.nas.spaces.block_chain:MBConvChain", "macro",
          "Cai et al. 2019"),
    Entry("macro", "three stages of equal blocks: which block, kernel, channels, depth, and one width", "nasbook.nas.spaces.macro:Macro", "macro",
          "Tan et al. 2019"),
    Entry("compound", "one network at any depth, width and resolution that the rule α, β, γ, φ gives", "nasbook.nas.spaces.compound:Compound", "macro",
          "Tan & Le 2019, EfficientNet"),
    Entry("generator", "two cells that each double the side of an image: convolution, norm, enlarging, shortcut, skips",
          "nasbook.nas.spaces.generator.space:Generators", "cell", "Gong et al. 2019"),
]  # fmt: skip

ESTIMATORS = [
    Entry("low-fidelity", "fewer epochs, less data, smaller images or narrower nets", "nasbook.estimate.low_fidelity:LowFidelity",
          "training", "Zhou et al. 2020"),
    Entry("learning-curve", "some epochs, and where the curve will end", "nasbook.estimate.curve:LearningCurve", "training", "Domhan et al. 2015"),
    Entry("pfn-curve", "some epochs, and where a network that has learned on drawn curves expects the end", "nasbook.estimate.curve:PfnCurve",
          "training", "Adriaensen et al. 2023"),
    Entry("parameters", "how many weights: the baseline", "nasbook.estimate.proxy:ZeroCost", "count", "–", (("proxy", "parameters"),)),
    Entry("flops", "multiply-adds for one input", "nasbook.estimate.proxy:ZeroCost", "count", "–", (("proxy", "flops"),)),
    Entry("grad_norm", "length of the first gradient", "nasbook.estimate.proxy:ZeroCost", "zero-cost", "Abdelfattah et al. 2021", (("proxy", "grad_norm"),)),
    Entry("snip", "what cutting out each weight would change", "nasbook.estimate.proxy:ZeroCost", "zero-cost", "Lee et al. 2019", (("proxy", "snip"),)),
    Entry("grasp", "what it would change in the gradient's length", "nasbook.estimate.proxy:ZeroCost", "zero-cost", "Wang et al. 2020", (("proxy", "grasp"),)),
    Entry("synflow", "what flows through the weights, without data", "nasbook.estimate.proxy:ZeroCost", "zero-cost", "Tanaka et al. 2020",
          (("proxy", "synflow"),)),
    Entry("fisher", "what cutting out each channel would change", "nasbook.estimate.proxy:ZeroCost", "zero-cost", "Turner et al. 2020",
          (("proxy", "fisher"),)),
    Entry("jacov", "how differently the images move the output", "nasbook.estimate.proxy:ZeroCost", "zero-cost", "Mellor et al. 2020",
          (("proxy", "jacov"),)),
    Entry("naswot", "how differently the images switch the ReLUs", "nasbook.estimate.proxy:ZeroCost", "zero-cost", "Mellor et al. 2021",
          (("proxy", "naswot"),)),
    Entry("mlp-predictor", "a network with Monte-Carlo dropout, fitted to some trainings", "nasbook.estimate.predictor:Predictor", "predictor",
          "Gal & Ghahramani 2016", (("model", "mlp"),)),
    Entry("gp-predictor", "a Gaussian process, fitted to some trainings", "nasbook.estimate.predictor:Predictor", "predictor", "White et al. 2021",
          (("model", "gp"),)),
    Entry("forest-predictor", "a random forest, fitted to some trainings", "nasbook.estimate.predictor:Predictor", "predictor", "White et al. 2021",
          (("model", "forest"),)),
    Entry("weight-sharing", "the path through one supernet that is trained for all", "nasbook.estimate.weight_sharing:WeightSharing", "one-shot",
          "Guo et al. 2020"),
    Entry("knn-predictor", "the nearest of some trained architectures", "nasbook.estimate.predictor:Predictor", "predictor", "White et al. 2021",
          (("model", "knn"),)),
]  # fmt: skip

LABS = [
    Entry("game", "you against an algorithm on a hidden surface, with the same number of trials", "nasbook.widgets.labs.game:GameLab"),
    Entry("gp", "points that you drag, and what a Gaussian process makes of them", "nasbook.widgets.labs.gp:GPLab"),
    Entry("bayesian", "what a Gaussian process believes and where it looks next", "nasbook.widgets.labs.bayesian:BayesianLab"),
    Entry("tpe", "where good trials lie, where the others do, and the ratio that chooses the next", "nasbook.widgets.labs.tpe:TPELab"),
    Entry("surrogates", "a random forest, a prior-fitted network, or an ensemble of networks, that believes, is wrong, and chooses", "nasbook.widgets.labs.surrogates:SurrogatesLab"),
    Entry("prior", "a network that learns while you watch to believe a prior, beside the exact posterior, on points that you drag", "nasbook.widgets.labs.prior:PriorLab"),
    Entry("spaces", "an architecture to edit, its graph, its costs, its neighbours and its code", "nasbook.widgets.labs.spaces:SpacesLab"),
    Entry("evolution", "a population of cells, its family tree, its best member and its walk over all cells", "nasbook.widgets.labs.evolution:EvolutionLab"),
    Entry("growth", "chains of layers that grow by morphisms or move by differences of others, trained for real", "nasbook.widgets.labs.growth:GrowthLab"),
    Entry("controller", "a policy that learns to write cells, its baseline and PPO's clip", "nasbook.widgets.labs.controller:ControllerLab"),
    Entry("darts", "architecture weights that move while a supernet trains", "nasbook.widgets.labs.darts:DartsLab"),
    Entry("relaxations", "DARTS and its relatives over several seeds, and what each would derive, epoch by epoch", "nasbook.widgets.labs.relaxations:RelaxationsLab"),
    Entry("weight-sharing", "paths through a supernet, how it ranks cells and what the truth is, and what a search on it finds",
          "nasbook.widgets.labs.weight_sharing:WeightSharingLab"),
    Entry("strategies", "CMA-ES, differential evolution, a GA or a swarm in a valley that can be turned", "nasbook.widgets.labs.strategies:StrategiesLab"),
    Entry("halving", "learning curves cut at rungs or by the median, what the stopped would have reached, and idle workers", "nasbook.widgets.labs.halving:HalvingLab"),
    Entry("hypergradient", "unroll length, the error and memory of a hypergradient, and the walk along it", "nasbook.widgets.labs.hypergradient:HypergradientLab"),
    Entry("pbt", "trainings side by side, who copied whom, and the schedule of the winner", "nasbook.widgets.labs.pbt:PBTLab"),
    Entry("pareto", "two objectives, the front that a search finds, and the true front of a table", "nasbook.widgets.labs.pareto:ParetoLab"),
    Entry("transfer", "a search that knows another task, beside one that knows nothing", "nasbook.widgets.labs.transfer:TransferLab"),
    Entry("ensemble", "a pool of trained networks, who is chosen from it, and three numbers of what they are together",
          "nasbook.widgets.labs.ensemble:EnsembleLab"),
    Entry("few-shot", "weights from which new small tasks are learned in a few steps", "nasbook.widgets.labs.few_shot:FewShotLab"),
    Entry("estimators", "what each estimator costs, how well it ranks, and what it finds in so much time", "nasbook.widgets.labs.estimators:EstimatorsLab"),
    Entry("gan", "a generator of digits that grows cell by cell, its policy, and a reward that no two evaluations agree on",
          "nasbook.widgets.labs.gan:GANLab"),
    Entry("hardware", "a price of latency and a cap, probabilities that move, fronts, and where FLOPs mislead",
          "nasbook.widgets.labs.hardware:HardwareLab"),
    Entry("explain", "what a configuration or a cell owes to each of its parts, by the truth and by a forest on the trials",
          "nasbook.widgets.labs.explain:ExplainLab"),
    Entry("pipeline", "a pipeline as a graph to click in, its split in the right or the wrong place, and what a search on it promises and keeps",
          "nasbook.widgets.labs.pipeline:PipelineLab"),
    Entry("joint", "cells whose ranks flip with the learning rate, and what it costs to search them before, after or with it",
          "nasbook.widgets.labs.joint:JointLab"),
    Entry("race", "several methods, several seeds, one task", "nasbook.widgets.labs.race:RaceLab"),
    Entry("statistics", "seeds that are drawn, who wins with them, and how surely", "nasbook.widgets.labs.statistics:StatisticsLab"),
    Entry("width", "learning-rate curves of one network at several widths, and whether the toy's best rate is the large one's",
          "nasbook.widgets.labs.width:WidthLab"),
    Entry("run", "a run of nasbook run, followed from a notebook: trials, curves, workers, and what is asked of it",
          "nasbook.widgets.labs.run:RunLab"),
]  # fmt: skip

SUPERNETS = [  # of which spaces there is a network that holds them all: subclasses of nasbook.nas.spaces.gates.Places
    "nasbook.nas.spaces.networks:CellPlaces",
    "nasbook.nas.spaces.darts_supernet:DartsPlaces",
    "nasbook.nas.spaces.chain_supernet:ChainPlaces",
    "nasbook.nas.spaces.elastic_supernet:ElasticPlaces",
    "nasbook.nas.spaces.recurrent_supernet:RecurrentPlaces",
]

TABLES = {"method": METHODS, "task": TASKS, "space": SPACES, "estimator": ESTIMATORS, "lab": LABS}
