"""The exported source computes what the built network computes."""

import inspect

import pytest
import torch
from nas.sampled import some

from nasbook import registry

ENTRIES = [entry.name for entry in registry.SPACES]


@pytest.mark.parametrize("name", ENTRIES)
def test_the_exported_source_computes_what_the_built_network_computes(name, tmp_path):
    spaces = registry.make("space", name)
    for i, config in enumerate(some(spaces, 4)):
        torch.manual_seed(i)
        net = spaces.build(config).eval()
        file = tmp_path / f"net{i}.py"
        file.write_text(spaces.source(config))
        code = compile(file.read_text(), str(file), "exec")
        assert "nasbook." not in inspect.cleandoc(file.read_text())
        names = {}
        exec(code, names)
        again = names["Network"]().eval()
        again.load_state_dict(net.state_dict())
        x = spaces.example(3)
        with torch.no_grad():
            assert torch.equal(net(x), again(x)) and net(x).shape == (3, *net(x).shape[1:])
            assert net(x).shape[-1] == (8 if name == "generator" else spaces.classes)
