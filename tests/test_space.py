"""Spaces: properties over random spaces with conditions, distributions of samples, and the wording of errors."""

import json
import math
from collections import Counter
from itertools import product
from keyword import iskeyword

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from nasbook.space import Choice, Constant, Float, Int, Space

# ---- random spaces ---------------------------------------------------------------------------------------


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-1000, 1000), st.floats(-1e6, 1e6, allow_nan=False), st.text(max_size=6)
)


@st.composite
def floats(draw, when=None):
    """Ranges from 1e-9 wide to 1e12 wide, also far from 0; logarithmic ones over up to 30 decades."""
    if draw(st.booleans()):
        low = 10 ** draw(st.floats(-15, 15))
        return Float(low, low * 10 ** draw(st.floats(0.001, 15)), log=True, when=when)
    if draw(st.booleans()):
        step, n = 10 ** draw(st.floats(-6, 6)), draw(st.integers(1, 40))
        low = step * draw(st.integers(-(10**6), 10**6))
        return Float(low, low + n * step, step=step, when=when)
    width = 10 ** draw(st.floats(-9, 12))
    low = draw(st.floats(-1, 1)) * 10 ** draw(st.floats(-9, 4)) * width
    assume(low + width > low)
    return Float(low, low + width, when=when)


@st.composite
def ints(draw, when=None, widest=40):
    log = draw(st.booleans())
    low = draw(st.integers(1 if log else -(10**6), 10**6))
    step = 1 if log else draw(st.integers(1, 7))
    return Int(low, low + step * draw(st.integers(1, widest)), log=log, step=step, when=when)


@st.composite
def choices(draw, when=None):
    options = draw(st.lists(scalars, min_size=1, max_size=5, unique_by=lambda o: o))
    return Choice(options, ordered=draw(st.booleans()), when=when)


def constants(when=None):
    return scalars.map(lambda v: Constant(v, when=when))


@st.composite
def spaces(draw, kinds=(floats, ints, choices, constants), most=6):
    parameters = {}
    for i in range(draw(st.integers(1, most))):
        when = {}
        parents = [n for n, p in parameters.items() if not isinstance(p, Float)]
        for parent in draw(st.lists(st.sampled_from(parents), unique=True, max_size=2)) if parents else []:
            values = parameters[parent].levels(10**9 if parameters[parent].size < 100 else 5)
            chosen = draw(st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True))
            when[parent] = chosen if len(chosen) > 1 or draw(st.booleans()) else chosen[0]
        parameters[f"p{i}"] = draw(draw(st.sampled_from(kinds))(when=when or None))
    return Space(parameters)


seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)
finite = spaces(kinds=(ints_small := lambda when=None: ints(when, widest=4), choices, constants), most=5)


def active_by_hand(space, config):
    """Which parameters exist, from the conditions alone."""
    active = set()
    for name, p in space.parameters.items():
        met = True
        for parent, values in (p.when or {}).items():
            values = values if isinstance(values, list | tuple | set) else [values]
            met = met and parent in active and any(config[parent] == v for v in values)
        if met:
            active.add(name)
    return active


# ---- properties ------------------------------------------------------------------------------------------


@given(spaces(), seeds)
def test_samples_are_valid_and_hold_exactly_the_active_parameters(space, rng):
    for _ in range(5):
        config = space.sample(rng)
        assert set(config) == active_by_hand(space, config)
        assert list(config) == [n for n in space.parameters if n in config]  # the space's order
        for name, value in config.items():
            p = space.parameters[name]
            if isinstance(p, Float | Int):
                assert p.low <= value <= p.high and type(value) is (float if isinstance(p, Float) else int)
            elif isinstance(p, Choice):
                assert any(value is o or value == o for o in p.options)
        assert space.validate(config) == config


@settings(max_examples=300)
@given(spaces(), seeds)
def test_encode_decode_round_trip_is_exact(space, rng):
    for _ in range(5):
        config = space.sample(rng)
        u = space.encode(config)
        assert u.shape == (space.d,) and np.array_equal(np.isnan(u), [n not in config for n in space.free])
        assert ((u >= 0) & (u <= 1) | np.isnan(u)).all()
        assert space.decode(u) == config
        assert space.decode(space.encode(space.decode(u))) == config


@given(spaces(), seeds)
def test_the_corners_of_the_cube_decode(space, rng):
    for u in (np.zeros(space.d), np.ones(space.d), rng.integers(0, 2, space.d).astype(float)):
        config = space.decode(u)
        assert space.validate(config) == config
        assert space.decode(space.encode(config)) == config
        for name, value, at in zip(space.free, map(config.get, space.free), u, strict=True):
            p = space.parameters[name]
            if name in config and isinstance(p, Float | Int):
                assert value == (p.high if at else p.low)


@given(spaces(), seeds)
def test_validate_is_idempotent_and_independent_of_order(space, rng):
    config = space.sample(rng)
    shuffled = {n: config[n] for n in rng.permutation(list(config)).tolist()}
    once = space.validate(shuffled)
    assert once == config and list(once) == list(config) and space.validate(once) == once
    numpy = {k: np.float64(v) if isinstance(v, float) else v for k, v in config.items()}
    assert all(type(a) is type(b) for a, b in zip(space.validate(numpy).values(), config.values(), strict=True))


@given(spaces(), seeds)
def test_constants_may_be_left_out(space, rng):
    config = space.sample(rng)
    given_ = {n: v for n, v in config.items() if not isinstance(space.parameters[n], Constant)}
    assert space.validate(given_) == config


@given(spaces(), seeds)
def test_encode_all_is_encode(space, rng):
    configs = [space.sample(rng) for _ in range(3)]
    assert np.array_equal(space.encode_all(configs), np.stack([space.encode(c) for c in configs]), equal_nan=True)
    assert space.encode_all([]).shape == (0, space.d)


@given(finite)
def test_a_grid_of_a_finite_space_is_the_space(space):
    assume(space.size <= 2000)
    grid = list(space.grid(10**6))
    keys = {space.key(c) for c in grid}
    assert len(keys) == len(grid) == space.size
    assert all(space.validate(c) == c and set(c) == active_by_hand(space, c) for c in grid)
    rng = np.random.default_rng(0)
    assert all(space.key(space.sample(rng)) in keys for _ in range(20))


@given(spaces(), st.integers(1, 4))
def test_a_grid_never_repeats_and_is_valid(space, resolution):
    grid = [c for _, c in zip(range(300), space.grid(resolution), strict=False)]
    assert grid and len({space.key(c) for c in grid}) == len(grid)
    assert all(space.validate(c) == c for c in grid)
    for name, p in space.parameters.items():
        seen = {c[name] for c in grid if name in c}
        assert len(seen) <= (len(p.options) if isinstance(p, Choice) else max(1, resolution))


def differences(space, a, b):
    """Parameters, active in both, whose values differ."""
    return [n for n in space.parameters if n in a and n in b and a[n] != b[n]]


@settings(max_examples=200)
@given(spaces(), seeds)
def test_neighbours_differ_in_one_parameter_and_are_valid(space, rng):
    config = space.sample(rng)
    neighbours = space.neighbours(config)
    assert len({space.key(c) for c in neighbours}) == len(neighbours)
    for other in neighbours:
        assert space.validate(other) == other
        (name,) = differences(space, config, other)
        p = space.parameters[name]
        if isinstance(p, Int):
            assert abs(other[name] - config[name]) == p.step
        # what appeared or vanished did so because of that parameter, directly or through another that did
        for moved in set(config) ^ set(other):
            assert space.conditions[moved]


@given(finite, seeds)
def test_neighbours_of_a_finite_space_are_complete(space, rng):
    """Counted by hand: every other option, or the one or two whole numbers (or ordered options) beside."""
    config = space.sample(rng)
    expected = 0
    for name, value in config.items():
        p = space.parameters[name]
        if isinstance(p, Int):
            expected += (value > p.low) + (value < p.high)
        elif isinstance(p, Choice):
            i = p.options.index(value)
            expected += (i > 0) + (i < len(p.options) - 1) if p.ordered else len(p.options) - 1
    assert len(space.neighbours(config)) == expected


@settings(max_examples=200)
@given(spaces(), seeds)
def test_mutations_are_valid_and_change_one_parameter(space, rng):
    config = space.sample(rng)
    if not any(space.parameters[n].size > 1 for n in config):
        with pytest.raises(ValueError, match="nothing to mutate: every active parameter has a single value"):
            space.mutate(config, rng)
        return
    for _ in range(5):
        before = dict(config)
        child = space.mutate(config, rng)
        assert config == before and space.validate(child) == child
        assert len(differences(space, config, child)) == 1
        assert space.decode(space.encode(child)) == child


@given(spaces(), seeds)
def test_a_space_survives_json(space, rng):
    data = json.loads(json.dumps(space.to_dict()))
    again = Space.from_dict(data)
    assert again == space and hash(again) == hash(space) and again.to_dict() == space.to_dict()
    assert list(again.parameters) == list(space.parameters)
    u = rng.random(space.d)
    assert again.decode(u) == space.decode(u)
    assert [c for _, c in zip(range(20), again.grid(3), strict=False)] == [
        c for _, c in zip(range(20), space.grid(3), strict=False)
    ]
    config = space.sample(rng)
    assert again.validate(json.loads(json.dumps(config))) == config


# ---- what a uniform draw means ---------------------------------------------------------------------------


def sizes(p):
    return len(p.options) if isinstance(p, Choice) else 1 if isinstance(p, Constant) else (p.high - p.low) // p.step + 1


def count_by_hand(space):
    """Every combination of values of all parameters; those count that differ in what exists."""
    axes = [p.levels(10**6) for p in space.parameters.values()]
    found = set()
    for values in product(*axes):
        config = dict(zip(space.parameters, values, strict=True))
        exist = active_by_hand(space, config)
        found.add(tuple((n, repr(config[n])) for n in config if n in exist))
    return len(found)


@settings(max_examples=150, deadline=None)
@given(finite, st.integers(0, 60))
def test_the_size_is_that_of_a_full_list(space, n):
    assume(math.prod(map(sizes, space.parameters.values())) <= 3000)
    size = count_by_hand(space)
    assert space.size == size
    assert space.at_most(size) and not space.at_most(size - 1)
    assert space.at_most(n) == (size <= n)


@given(spaces())
def test_a_space_is_infinite_where_a_real_number_can_exist(space):
    real = {n for n, p in space.parameters.items() if isinstance(p, Float) and p.step is None}
    rng = np.random.default_rng(0)
    if any(real & set(space.sample(rng)) for _ in range(30)):
        assert space.size == math.inf and not space.at_most(10**9)
    if not real:
        assert space.size < math.inf


def optional(n):
    """n layers that may be left out: each has a width of 8."""
    layers = {f"on{i}": Choice([True, False]) for i in range(n)}
    return Space({**layers, **{f"w{i}": Int(1, 8, when={f"on{i}": True}) for i in range(n)}})


def chained(n):
    """Layer k only if layer k - 1."""
    parameters = {}
    for i in range(n):
        parameters[f"on{i}"] = Choice([True, False], when={f"on{i - 1}": True} if i else None)
        parameters[f"w{i}"] = Int(1, 8, when={f"on{i}": True})
    return Space(parameters)


def deep(n):
    """Widths of the layers below a depth."""
    widths = {f"w{i}": Int(1, 8, when={"depth": list(range(i, n + 1))}) for i in range(1, n + 1)}
    return Space({"depth": Int(1, n), **widths})


def rooted(n):
    """Optional layers of one of two kinds of network."""
    layers = {f"on{i}": Choice([True, False], when={"net": "a"}) for i in range(n)}
    widths = {f"w{i}": Int(1, 8, when={f"on{i}": True, "net": ["a"]}) for i in range(n)}
    return Space({"net": Choice(["a", "b"]), **layers, **widths})


LARGE = {
    optional: lambda n: 9**n,
    chained: lambda n: sum(8**k for k in range(n + 1)),
    deep: lambda n: sum(8**k for k in range(1, n + 1)),
    rooted: lambda n: 9**n + 1,
}


@pytest.mark.parametrize("n", [20, 40, 200])
@pytest.mark.parametrize("make", LARGE, ids=lambda f: f.__name__)
def test_conditions_do_not_make_counting_exponential(make, n):
    space = make(n)
    assert space.size == LARGE[make](n)
    assert not space.at_most(2048) and not space.at_most(1)
    first = next(space.grid())
    assert space.validate(first) == first and space.neighbours(first)


def test_many_conditions_on_many_parents_are_still_compared_with_a_number():
    """Where even the fastest count takes long, `at_most` does not count."""
    rng = np.random.default_rng(0)
    parameters = {f"a{i}": Choice([0, 1, 2]) for i in range(30)}
    for i in range(300):
        parents = rng.choice(30, 6, replace=False)
        parameters[f"b{i}"] = Int(1, 4, when={f"a{j}": [0, int(rng.integers(1, 3))] for j in parents})
    assert not Space(parameters).at_most(10**6)
    loop = {f"p{i}": Choice([0, 1], when={f"p{j}": 1 for j in range(i)} or None) for i in range(60)}
    assert Space(loop).at_most(61) and not Space(loop).at_most(60) and Space(loop).size == 61


def test_a_large_count_times_infinity():
    space = Space({f"c{i}": Choice(list(range(100))) for i in range(200)} | {"x": Float(0, 1, when={"c0": 1})})
    assert space.size == math.inf and not space.at_most(10)
    assert Space({f"c{i}": Choice(list(range(100))) for i in range(200)}).size == 100**200


def test_a_condition_that_cannot_be_met_counts_nothing():
    space = Space(a=Choice([1, 2]), b=Choice([1, 2], when={"a": 1}), x=Float(0, 1, when={"a": 2, "b": 1}))
    assert space.size == 3 and space.at_most(3)


@settings(max_examples=200)
@given(spaces(), seeds)
def test_snap_and_cell_are_decode_and_encode(space, rng):
    for name in space.free:
        p, u = space.parameters[name], rng.random(5)
        by_hand = np.array([p.encode(p.decode(x)) for x in u])
        if isinstance(p, Float) and p.step is None:
            assert np.array_equal(p.snap(u), u)
            continue
        assert p.snap(u) == pytest.approx(by_hand, abs=1e-12)
        left, right = p.cell(u)
        assert (left <= u + 1e-12).all() and (u <= right + 1e-12).all()
        middle = (left + right) / 2 if not getattr(p, "log", False) else p.snap(u)
        assert p.snap(u) == pytest.approx(middle, abs=1e-12)


def test_conditions_in_any_container_are_plain_data():
    kinds = Choice(["a", "b", "c"])
    for values in ({"c", "a"}, frozenset("ca"), ("a", "c"), np.array(["a", "c"])):
        space = Space(k=kinds, x=Float(0, 1, when={"k": values}))
        assert space == Space(k=kinds, x=Float(0, 1, when={"k": ["a", "c"]})) and json.dumps(space.to_dict())
    space = Space(n=Int(1, 9), x=Float(0, 1, when={"n": range(3, 6)}), y=Float(0, 1, when={"n": np.int64(2)}))
    assert space.to_dict()["x"]["when"] == {"n": [3, 4, 5]} and json.dumps(space.to_dict())
    assert json.dumps(Space(a=Constant(np.float64(0.5)), b=Constant(np.bool_(True))).to_dict())


def test_samples_are_uniform():
    space = Space(
        f=Float(-2, 3), g=Float(1e-4, 1e2, log=True), i=Int(3, 7), c=Choice(["a", "b", "c"]), l=Int(1, 64, log=True)
    )
    rng = np.random.default_rng(0)
    draws = [space.sample(rng) for _ in range(4000)]
    column = lambda n: [d[n] for d in draws]  # noqa: E731
    assert stats.kstest(column("f"), stats.uniform(-2, 5).cdf).pvalue > 0.01
    assert stats.kstest(np.log10(column("g")), stats.uniform(-4, 6).cdf).pvalue > 0.01
    for name, options in (("i", range(3, 8)), ("c", "abc")):  # the ends have the weight of the others
        counts = Counter(column(name))
        assert set(counts) == set(options) and stats.chisquare(list(counts.values())).pvalue > 0.01
    # a whole number n on a logarithmic scale owns log((n + ½) / (n − ½)) of log(64.5 / ½)
    share = [math.log((n + 0.5) / (n - 0.5)) / math.log(64.5 / 0.5) for n in (1, 2, 3)]
    found = [np.mean(np.array(column("l")) == n) for n in (1, 2, 3)]
    assert np.allclose(found, share, atol=4 * 0.5 / math.sqrt(4000))


def test_conditions_by_hand():
    space = Space(
        kernel=Choice(["linear", "rbf", "poly"]),
        C=Float(1e-3, 1e3, log=True),
        gamma=Float(1e-4, 1, log=True, when={"kernel": ["rbf", "poly"]}),
        degree=Int(2, 4, when={"kernel": "poly"}),
        coef=Choice([0, 1], when={"kernel": "poly", "degree": [3, 4]}),
    )
    assert space.decode([0, 0.5, 0.5, 0.5, 0.5]) == {"kernel": "linear", "C": 1.0}
    assert list(space.decode([0.9, 0.5, 0.5, 0, 0.9])) == ["kernel", "C", "gamma", "degree"]
    assert list(space.decode([0.9, 0.5, 0.5, 0.9, 0.9])) == ["kernel", "C", "gamma", "degree", "coef"]
    assert [len(list(space.grid(n))) for n in (1, 2)] == [
        1 + 1 + 1 * 2,  # degree 3 has two coefs
        2 + 4 + 2 * 2 * (1 + 2),  # degrees 2 and 4
    ]
    assert space.size == math.inf
    grown = [c for c in space.neighbours({"kernel": "linear", "C": 1.0}) if c["kernel"] == "poly"]
    assert grown == [{"kernel": "poly", "C": 1.0, "gamma": 0.01, "degree": 3, "coef": 1}]


def test_sizes():
    assert Space(a=Int(1, 3), b=Choice(["p", "q"])).size == 6
    assert Space(a=Int(0, 9), b=Constant(1)).size == 10
    assert Space(a=Choice([1, 2]), b=Int(1, 5, when={"a": 2})).size == 1 + 5
    assert Space(a=Choice([1, 2]), b=Float(0, 1, when={"a": 2})).size == math.inf
    assert Space(**{f"e{i}": Choice(list("abcde")) for i in range(6)}).size == 15625
    assert Space(a=Int(0, 2**30), b=Int(0, 3, when={"a": [1, 2]})).size == 2 * 4 + 2**30 - 1


def test_a_mutation_step_scales_with_the_range():
    space = Space(x=Float(0, 100))
    rng = np.random.default_rng(0)
    moves = [abs(space.mutate({"x": 50.0}, rng, scale=0.05)["x"] - 50) for _ in range(2000)]
    assert np.mean(moves) == pytest.approx(5 * math.sqrt(2 / math.pi), rel=0.06)  # E|N(0, 5)|
    counts = Counter(
        next(iter(differences(s, c, s.mutate(c, rng))))
        for s, c in [(Space(a=Int(0, 9), b=Choice([1, 2]), c=Float(0, 1)), {"a": 3, "b": 1, "c": 0.5})]
        for _ in range(3000)
    )
    assert stats.chisquare(list(counts.values())).pvalue > 0.01 and len(counts) == 3  # each parameter as often


def test_grids_by_hand():
    space = Space(x=Float(0, 1), n=Int(1, 10), c=Choice(["a", "b"]))
    grid = list(space.grid({"x": 3, "n": 2}))
    assert len(grid) == 12 and sorted({c["x"] for c in grid}) == [0, 0.5, 1] and {c["n"] for c in grid} == {1, 10}
    assert [c["x"] for c in Space(x=Float(1e-3, 1e3, log=True)).grid(3)] == [1e-3, 1.0, 1e3]
    assert list(Space(x=Float(0, 1)).grid(1)) == [{"x": 0.5}]


def test_equality_knows_the_order():
    """The order decides which random number goes where, so spaces in another order are other spaces."""
    a, b = Space(x=Float(0, 1), y=Float(0, 2)), Space(y=Float(0, 2), x=Float(0, 1))
    assert a == Space(x=Float(0, 1), y=Float(0, 2)) and a != b
    assert a != Space(x=Float(0, 1), y=Float(0, 3)) and a != "a space"


# ---- errors ----------------------------------------------------------------------------------------------


NAN = math.nan


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Float(1, 1), r"Float: low and high are both 1; a value that is not searched is Constant\(1\)"),
        (lambda: Float(2, 1), "Float: low must be below high, got 2 and 1"),
        (lambda: Float(0, math.inf), "Float: low and high must be finite, got 0 and inf"),
        (lambda: Float(NAN, 1), "Float: low and high must be finite, got nan and 1"),
        (lambda: Float(0, 1, log=True), "Float: a logarithmic scale needs low > 0, got 0"),
        (lambda: Float("0", 1), "Float: low must be a number, not '0'"),
        (lambda: Float(0, None), "Float: high must be a number, not None"),
        (lambda: Float(-1e308, 1e308), "Float: .*range"),
        (lambda: Int(0, 1.5), "Int: high must be a whole number, not 1.5"),
        (lambda: Int(True, 3), "Int: low must be a whole number, not True"),
        (lambda: Int("a", 3), "Int: low must be a whole number, not 'a'"),
        (lambda: Int(NAN, 3), "Int: low must be a whole number, not nan"),
        (lambda: Int(0, math.inf), "Int: high must be a whole number, not inf"),
        (lambda: Int(3, 3), r"Int: low and high are both 3; a value that is not searched is Constant\(3\)"),
        (lambda: Int(0, 8, log=True), "Int: a logarithmic scale needs low > 0, got 0"),
        (lambda: Int(0, 2**40), "Int: a range of 2\\^40 or more is not served; use Float and round"),
        (lambda: Int(10**17, 10**17 + 5), "Int: .*2\\^52"),
        (lambda: Choice([]), "Choice: at least one option is needed"),
        (lambda: Choice("abc"), "Choice: give a list of options, not 'abc'"),
        (lambda: Choice([1, 1.0]), "Choice: the options must differ from each other, got \\[1, 1.0\\]"),
        (
            lambda: Choice([[1]]),
            r"Choice: an option must be .* not \[1\]; give each a label, Choice\(list\(VALUES\)\)",
        ),
        (lambda: Choice([(64, 32), (8,)]), r"Choice: an option must be .* not \(64, 32\); give each a label"),
        (
            lambda: Choice({"small": (8,)}),
            "Choice: give a list of options, not {'small': .*; list its labels",
        ),
        (lambda: Float(0, 1, step=0), "Float: step must be above 0, not 0"),
        (lambda: Float(0, 1, step=-0.1), "Float: step must be above 0, not -0.1"),
        (lambda: Float(0, 1, step="a"), "Float: step must be a number, not 'a'"),
        (lambda: Float(0, 1, step=NAN), "Float: step must be above 0, not nan"),
        (lambda: Float(0, 1, step=2), "Float: step=2 is wider than the range from 0 to 1"),
        (lambda: Float(0, 1, step=0.3), "Float: steps of 0.3 from 0 do not end at 1; high may be 0.9 or 1.2"),
        (lambda: Float(1e6, 1e6 + 1, step=1e-9), r"Float: step=1e-09 is too fine for numbers as large as 1e\+06"),
        (lambda: Float(0.1, 1, log=True, step=0.1), r"Float: a logarithmic scale has no steps of 0.1; name the values"),
        (lambda: Float(10**400, 1), "Float: low is larger than a float can hold"),
        (lambda: Int(1, 10, step=1.5), "Int: step must be a whole number, not 1.5"),
        (lambda: Int(1, 10, step=None), "Int: step must be a whole number, not None"),
        (lambda: Int(1, 10, step=2), "Int: steps of 2 from 1 do not end at 10; high may be 9 or 11"),
        (lambda: Int(1, 9, log=True, step=2), "Int: a logarithmic scale has no steps of 2"),
        (lambda: Choice([NAN]), "Choice: an option must be finite, not nan"),
        (lambda: Constant([1]), "Constant: .*None, True/False, a number or text, not \\[1\\]"),
        (lambda: Constant(NAN), "Constant: .*finite, not nan"),
        (lambda: Space(), r"Space: at least one parameter is needed, e\.g\. Space\(x=Float\(0, 1\)\)"),
        (lambda: Space(x=3), "Space: x must be a Float, Int, Choice or Constant, not 3"),
        (lambda: Space({1: Float(0, 1)}), "Space: a parameter's name must be text, not 1"),
        (lambda: Space(a=Int(0, 3, when={"b": 1}), b=Int(0, 3)), "a exists when b has a value, but b stands later"),
        (lambda: Space(a=Int(0, 3, when={"z": 1})), "a exists when z has a value, but z is not in the space"),
        (lambda: Space(a=Int(0, 3, when={"a": 1})), "a exists when a has a value, but a stands later"),
        (lambda: Space(a=Float(0, 3), b=Int(0, 1, when={"a": 1})), "b cannot depend on a, because a Float has no set"),
        (
            lambda: Space(a=Int(0, 3), b=Int(0, 1, when={"a": 4})),
            "b exists when a = 4, but a must be a whole number in",
        ),
        (
            lambda: Space(a=Choice(["p"]), b=Int(0, 1, when={"a": "q"})),
            "b exists when a = 'q', but a must be one of 'p'",
        ),
        (lambda: Space(a=Choice(["p"]), b=Int(0, 1, when={"a": []})), "b .*no value"),
        (lambda: Space(a=Choice(["p"]), b=Int(0, 1, when="a")), "b: when must be a dict"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_one_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        make()
    assert "\n" not in str(error.value)


SPACE = Space(
    lr=Float(1e-3, 1, log=True),
    depth=Int(1, 4),
    optimizer=Choice(["adam", "sgd"]),
    momentum=Float(0, 1, when={"optimizer": "sgd"}),
    version=Constant(2),
)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"lr": 2}, r"lr must lie in \[0.001, 1\], not 2"),
        ({"lr": NAN}, r"lr must lie in \[0.001, 1\], not nan"),
        ({"lr": "0.1"}, r"lr must be a number in \[0.001, 1\], not '0.1'"),
        ({"lr": True}, r"lr must be a number in \[0.001, 1\], not True"),
        ({"depth": 2.5}, r"depth must be a whole number in \{1, …, 4\}, not 2.5"),
        ({"depth": 5}, r"depth must be a whole number in \{1, …, 4\}, not 5"),
        ({"depth": None}, r"depth must be a whole number in \{1, …, 4\}, not None"),
        ({"depth": math.inf}, r"depth must be a whole number in \{1, …, 4\}, not inf"),
        ({"optimizer": "rmsprop"}, "optimizer must be one of 'adam', 'sgd', not 'rmsprop'"),
        ({"optimizer": ["adam"]}, r"optimizer must be one of 'adam', 'sgd', not \['adam'\]"),
        ({"momentum": 0.9}, r"momentum exists only when optimizer in \['sgd'\]; leave it out"),
        ({"optimizer": "sgd"}, "parameter 'momentum' is missing"),
        ({"version": 3}, "version is constant: it must be 2, not 3"),
        ({"dept": 3}, "unknown parameter 'dept': did you mean 'depth'?"),
        ({"zzz": 3}, "unknown parameter 'zzz': the space has lr, depth, optimizer, momentum, version"),
    ],
)
def test_validate_says_what_is_wrong(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        SPACE.validate({"lr": 0.1, "depth": 2, "optimizer": "adam", **change})


def test_other_errors():
    with pytest.raises(ValueError, match="a configuration is a dict of parameter values, not 3"):
        SPACE.validate(3)
    with pytest.raises(ValueError, match="a point of this space has 4 coordinates, not 2"):
        SPACE.decode([0.1, 0.2])
    with pytest.raises(ValueError, match="momentum is active, but its coordinate is NaN"):
        SPACE.decode([0.1, 0.2, 0.9, NAN])
    assert "momentum" not in SPACE.decode([0.1, 0.2, 0.1, NAN])
    with pytest.raises(ValueError, match="grid: unknown parameter 'x'; the space has lr, "):
        list(SPACE.grid({"x": 3}))
    with pytest.raises(ValueError, match="grid: the resolution of lr must be at least 1, not 0"):
        list(SPACE.grid({"lr": 0}))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            {"x": {"type": "real", "low": 0, "high": 1}},
            "x: type must be one of float, int, choice, constant, not 'real'",
        ),
        ({"x": {"type": "float", "low": 0}}, "x: .*'high'"),
        ({"x": {"type": "float", "low": 0, "high": 1, "step": 2}}, "x: Float: step=2 is wider than the range"),
        ({"x": {"type": "float", "low": 0, "high": 1, "steps": 2}}, "x: .*'steps'"),
        ({"x": {"type": "float", "low": 1, "high": 0}}, "x: Float: low must be below high"),
        ({"x": {"type": "int", "low": "one", "high": 3}}, "x: Int: low must be a whole number, not 'one'"),
        ({"x": {"type": ["float"]}}, "x: type must be one of"),
        ({"x": 3}, "x: .*not 3"),
        ({}, "Space: at least one parameter is needed"),
        (["x"], "a space is .*not \\['x'\\]"),
        ({"x": {"type": "choice", "options": ["a"], "when": {"y": 1}}}, "x exists when y has a value, but y is not in"),
        ({"x": {"type": "choice", "options": ["a"], "when": 3}}, "x: when must be a dict"),
    ],
)
def test_from_dict_names_the_parameter(data, sentence):
    with pytest.raises(ValueError, match=sentence):
        Space.from_dict(data)


@given(spaces())
def test_the_repr_is_what_somebody_would_type(space):
    names = {"Space": Space, "Float": Float, "Int": Int, "Choice": Choice, "Constant": Constant}
    if all(name.isidentifier() and not iskeyword(name) for name in space.parameters):
        assert eval(repr(space), names) == space
