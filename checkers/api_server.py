"""The API server's next start: whether it would have the file again that it works with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from posixpath import dirname, join

from checkers.api import Finding, LearnerBroke, Observer, Text, check, failed
from checkers.kit import next_start
from checkers.kit.next_start import File, Running, Wrong
from checkers.kit.static_pods import NODE, Manifest, flag_in

# With the arguments of what runs, one a line.
_RUNS = (
    'for comm in /proc/[0-9]*/comm; do if [ "$(cat "$comm" 2> /dev/null)" = kube-apiserver ];'
    " then tr '\\0' '\\n' < \"${comm%comm}cmdline\"; fi; done"
)
_NAMES_FILES = re.compile(r"""\bpath['"]?\s*:""")
# In the text of a file that was read, long paths are masked.
_FILES = r"""
sed 's/[[:space:]]*#.*//' -- "$1" |
  grep -oE "\bpath['\"]?[[:space:]]*:[[:space:]]*['\"]?[^'\",}[:space:]]+" | sed -E "s/^[^:]*:[[:space:]]*['\"]?//"
"""
_LOGGED = (
    ("unknown-flag", "unknown flag"),
    ("file-missing", "no such file or directory"),
    ("file-refused", "error unmarshaling"),
    ("file-refused", "strict decoding error"),
    ("file-refused", "failed decoding"),
    ("file-refused", "no kind"),
)
"""What the API server's last lines say where it did not start -> the cause."""
_WHY = Text(
    "The API server reads its files when it starts: what they say now holds from its next start on.",
    "API 服务器在启动时读取它的文件：文件现在的内容从下次启动起才生效。",
)


@check("api_server.lasting", causes=(*next_start.CAUSES, "not-restarted", "file-refused"))
def lasting(cluster: Observer, *, flag: str) -> Finding:
    """The API server works with the file that this flag names, and would do so again whenever it is started."""
    expected = Text(
        f"the API server runs with the file of {flag}, and would start with the same file again",
        f"API 服务器正在使用 {flag} 指定的文件运行，并且重新启动时会使用同一个文件",
    )
    try:
        cluster.list("Namespace")
    except LearnerBroke as down:
        causes = {cause for cause, words in _LOGGED if words in down.words.en}
        causes |= {fault.cause for fault in next_start.all_wrong(cluster, partial(_of_manifest, cluster, flag, None))}
        return failed(expected, down.words, next_start.DOWN, next_start.STATIC_POD, causes)
    wrong = next_start.all_wrong(cluster, partial(_of_manifest, cluster, flag, Running.of(cluster)))
    right = Text(
        f"it was started with {flag} by its manifest, and the file has not changed since",
        f"它由清单以 {flag} 启动，此后文件没有变化",
    )
    return next_start.finding_of(wrong, expected, right, _WHY, next_start.STATIC_POD)


def _of_manifest(
    cluster: Observer, flag: str, running: Running | None, manifest: Manifest, now: float
) -> Iterator[Wrong]:
    """What is wrong with one manifest, or with the file that it names. `running` is None where nothing runs."""
    named = manifest.flag(flag)
    if not named:
        yield next_start.without_flag(cluster, manifest, flag)
        return
    yield from next_start.unstartable(cluster, manifest)
    file = next_start.named_file(cluster, manifest, flag, by_content=True)
    if isinstance(file, Wrong):
        yield file
        return
    further = [*_further(cluster, manifest, file, dirname(named))]
    yield from (each for each in further if isinstance(each, Wrong))
    if running is None:
        return
    has = flag_in(_arguments(cluster), flag)
    if has != named:
        # Between a change and its effect, what runs says nothing of it.
        may_pass = manifest.changed > running.since and now - manifest.changed < next_start.NOTICED
        words = (
            f"what runs has {flag}={has or ''}, and {manifest.file} gives {named}",
            f"正在运行的是 {flag}={has or ''}，而 {manifest.file} 给出的是 {named}",
        )
        yield Wrong("not-restarted", Text(*words), may_pass=may_pass)
        return
    files = [file, *(each for each in further if isinstance(each, File))]
    yield from (next_start.changed_afterwards(each) for each in files if each.changed > running.since)


def _further(cluster: Observer, manifest: Manifest, file: File, folder: str) -> Iterator[File | Wrong]:
    """The files that an AdmissionConfiguration names for its plugins; those that are not absolute lie in its folder."""
    if not _NAMES_FILES.search(file.text):
        return
    for path in cluster.on_node(NODE, ["sh", "-c", _FILES, "sh", file.place]).stdout.splitlines():
        yield next_start.file_at(cluster, manifest, join(folder, path), by_content=True)


def _arguments(cluster: Observer) -> Sequence[str]:
    """Of the API server that runs."""
    return cluster.on_node(NODE, ["sh", "-c", _RUNS]).stdout.splitlines()
