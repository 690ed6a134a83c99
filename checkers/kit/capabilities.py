"""Linux capabilities by their names: those that the kernel shows as bits, and those that a manifest asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

NAMES = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
]
"""By the number of their bit, as in the kernel's `capability.h`."""

ALL = frozenset(NAMES)
DEFAULT = frozenset(
    [
        "CHOWN",
        "DAC_OVERRIDE",
        "FSETID",
        "FOWNER",
        "MKNOD",
        "NET_RAW",
        "SETGID",
        "SETUID",
        "SETFCAP",
        "SETPCAP",
        "NET_BIND_SERVICE",
        "SYS_CHROOT",
        "KILL",
        "AUDIT_WRITE",
    ]
)
"""What containerd lets a container have that asks for nothing."""


def of_bits(*masks: str) -> frozenset[str]:
    """The capabilities that any of these masks has, which are hexadecimal as in `/proc/PID/status`."""
    bits = 0
    for mask in masks:
        bits |= int(mask or "0", 16)
    return frozenset(name_of(bit) for bit in range(bits.bit_length()) if bits >> bit & 1)


def name_of(bit: int) -> str:
    """The name of a capability; one that is newer than this list goes by its number."""
    return NAMES[bit] if bit < len(NAMES) else str(bit)


def asked_for(context: Mapping[str, Any]) -> frozenset[str]:
    """What a container gets that has this security context, in the order in which containerd goes."""
    if context.get("privileged"):
        return ALL
    added, dropped = added_by(context), dropped_by(context)
    held = ALL if "ALL" in added else DEFAULT
    if "ALL" in dropped:
        held = frozenset()
    return (held | (added - {"ALL"})) - dropped


def added_by(context: Mapping[str, Any]) -> frozenset[str]:
    """What it adds by name, `ALL` among them."""
    return _names((context.get("capabilities") or {}).get("add") or ())


def dropped_by(context: Mapping[str, Any]) -> frozenset[str]:
    """What it drops by name, `ALL` among them."""
    return _names((context.get("capabilities") or {}).get("drop") or ())


def in_words(held: Iterable[str]) -> str:
    """The names in the kernel's order; `ALL` where none of those that are known lacks."""
    known = set(held)
    if known >= ALL:
        return "ALL"
    return " ".join(sorted(known, key=lambda name: (NAMES.index(name) if name in NAMES else len(NAMES), name)))


def _names(given: Iterable[str]) -> frozenset[str]:
    """containerd takes small letters as well, and no `CAP_` before the name; Kubernetes passes on what is written."""
    return frozenset(name.upper() for name in given)
