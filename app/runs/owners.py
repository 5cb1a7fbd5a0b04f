"""How a process is called that holds leases."""

import os
import socket
import time


def owner_name() -> str:
    """Who holds the leases of this process: host, pid, and when it said so."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{time.time_ns() // 1_000_000}"
