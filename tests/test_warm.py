"""What starts the tests' own processes, kernels and servers (tests/warm.py, tests/ports.py)."""

import socket

import pytest
from jupyter_client.manager import KernelManager
from ports import HIGHEST, LOWEST, free_ports
from waiting import PATIENCE
from warm import warm_kernels


def test_kernels_are_reached_through_files_of_their_own_also_when_restarted():
    with warm_kernels():
        managers = [KernelManager(kernel_name="python3") for _ in range(2)]
        clients = []
        try:
            for manager in managers:
                manager.start_kernel()
            first = managers[0].ip
            managers[0].restart_kernel(now=True)
            assert managers[0].ip == first and managers[1].ip != first
            assert {manager.transport for manager in managers} == {"ipc"}
            for manager in managers:
                clients.append(manager.client())
                clients[-1].start_channels()
                clients[-1].wait_for_ready(timeout=PATIENCE)
                told = {"ip": "get_connection_info(unpack=True)['ip']"}
                code = "from ipykernel.connect import get_connection_info"
                reply = clients[-1].execute_interactive(code, user_expressions=told, timeout=PATIENCE)
                assert reply["content"]["user_expressions"]["ip"]["data"]["text/plain"] == repr(manager.ip)
        finally:
            for each in clients:
                each.stop_channels()
            for manager in managers:
                manager.shutdown_kernel(now=True)


def test_ports_are_free_and_not_among_those_that_machines_give_away():
    ports = free_ports(5)
    assert len(set(ports)) == 5 and all(LOWEST <= port < HIGHEST for port in ports)
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        assert any_port.getsockname()[1] >= HIGHEST


def test_a_port_that_a_server_listens_at_is_not_free(monkeypatch):
    [port] = free_ports(1)
    monkeypatch.setattr("ports.LOWEST", port)
    monkeypatch.setattr("ports.HIGHEST", port + 1000)
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
        server.listen()
        assert port not in free_ports(900)
        with pytest.raises(RuntimeError, match="no 1000 free ports"):
            free_ports(1000)
