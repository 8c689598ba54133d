"""
Kernels for live cells that need not import PyTorch: each is forked from one process that has imported it.

An import takes three seconds of a core, and ten pages have live cells that take two seconds in all. Every page still has a kernel of
its own: what one page does is unknown to the next. Only on Linux; elsewhere every kernel is a new process.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ADDRESS = "FMNIST_REF_KERNELS"
"""Environment variable with the socket at which kernels are asked for."""
IMPORTED = ("torchvision", "fmnist_ref", "ipykernel.ipkernel", "ipykernel.kernelapp")
STANDARD_STREAMS = (0, 1, 2)
POLL_SECONDS = 1.0


@contextmanager
def forked_kernels(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Start the process that kernels are forked from; yield the environment in which Jupyter takes its kernels from there."""
    if sys.platform != "linux":
        yield dict(environment)
        return
    command = [sys.executable, "-m", __name__]
    with TemporaryDirectory(prefix="kernels") as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address := str(Path(folder, "socket")))
        listener.listen(64)
        spec = Path(folder, "jupyter", "kernels", "python3", "kernel.json")
        spec.parent.mkdir(parents=True)
        argv = [*command, "ask", "{connection_file}"]
        spec.write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}), encoding="utf-8")
        paths = filter(None, [str(Path(folder, "jupyter")), environment.get("JUPYTER_PATH")])
        extended = {**environment, "JUPYTER_PATH": os.pathsep.join(paths), ADDRESS: address}
        server = subprocess.Popen(  # noqa: S603 - our own words
            [*command, "serve", str(listener.fileno())],
            env=extended,
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )
        try:
            yield extended
        finally:
            server.communicate()  # it ends when its input does


def serve(listener: socket.socket) -> None:
    """Fork a kernel for each connection, until standard input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a kernel here
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupted report closes standard input
    while True:
        ready, _, _ = select.select([sys.stdin, listener], [], [])
        if sys.stdin in ready:
            return
        connection, _ = listener.accept()
        for name in IMPORTED:  # when the first kernel is asked for: where all outputs are cached, none is
            importlib.import_module(name)
        if os.fork() == 0:
            listener.close()
            become_kernel(connection)
            return
        connection.close()


def become_kernel(connection: socket.socket) -> None:
    """Turn this process into the kernel that is asked for: its streams, environment, folder and arguments are those of `ask`."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _, streams, _, _ = socket.recv_fds(connection, 1, len(STANDARD_STREAMS))
    for own, given in zip(STANDARD_STREAMS, streams, strict=True):
        os.dup2(given, own)
        os.close(given)
    request = json.loads(connection.makefile().readline())
    os.environ.clear()
    os.environ.update(request["environment"])
    os.environ.pop("JPY_PARENT_PID", None)  # it is no child of that process, and ends with the connection instead
    os.chdir(request["folder"])
    sys.argv = ["ipykernel_launcher", *request["arguments"]]
    threading.Thread(target=_end_with, args=[connection], daemon=True).start()
    importlib.import_module("ipykernel.kernelapp").launch_new_instance()


def _end_with(connection: socket.socket) -> None:
    connection.recv(1)  # returns when the other end has gone
    os._exit(1)


def ask(arguments: list[str]) -> None:
    """Ask for a kernel, and be there as long as it and Jupyter are. Without an answer, become one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the kernel ends when Jupyter says so
    jupyter = os.getppid()
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(os.environ.get(ADDRESS, ""))
        socket.send_fds(connection, [b"!"], list(STANDARD_STREAMS))
        request = {"environment": dict(os.environ), "folder": str(Path.cwd()), "arguments": ["-f", *arguments]}
        connection.sendall(json.dumps(request).encode() + b"\n")
    except OSError:
        os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", "-f", *arguments])  # noqa: S606
    while not select.select([connection], [], [], POLL_SECONDS)[0]:  # ready when the kernel has ended
        if os.getppid() != jupyter:  # it was killed: the kernel ends with this connection
            return


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(socket.socket(fileno=int(sys.argv[2])))
    else:
        ask(sys.argv[2:])
