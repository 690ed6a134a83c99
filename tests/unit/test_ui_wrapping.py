"""Where lines are broken."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from lab.ui.wrapping import NEVER_FIRST, NEVER_LAST, break_points


def lines(text: str, width: int) -> list[str]:
    points = break_points(text, width)
    return [text[start:end].rstrip() for start, end in zip([0, *points], [*points, len(text)], strict=True)]


def test_words_stay_whole() -> None:
    assert lines("a Pod runs as user 1000", 10) == ["a Pod runs", "as user", "1000"]


def test_a_path_is_broken_after_a_slash_where_it_fits_on_no_line() -> None:
    assert lines("see /etc/kubernetes/manifests/kube-apiserver.yaml", 30) == [
        "see /etc/kubernetes/manifests/",
        "kube-apiserver.yaml",
    ]


def test_a_path_that_fits_on_a_line_is_not_broken() -> None:
    assert lines("it is in /data/test now", 12) == ["it is in", "/data/test", "now"]


def test_a_long_name_is_broken_after_its_marks() -> None:
    assert lines("--encryption-provider-config", 16) == ["--encryption-", "provider-config"]


def test_what_has_no_mark_is_broken_anywhere() -> None:
    assert lines("0123456789abcdef", 6) == ["012345", "6789ab", "cdef"]


def test_chinese_is_broken_between_characters() -> None:
    assert lines("类型为 emptyDir 的卷，并挂载到", 12) == ["类型为", "emptyDir 的", "卷，并挂载到"]


def test_a_line_is_filled_though_a_long_chinese_sentence_follows_a_word() -> None:
    assert lines("Pod以指定的镜像和命令运行", 10) == ["Pod以指定", "的镜像和命", "令运行"]


@pytest.mark.parametrize("width", range(8, 30))
def test_no_line_begins_or_ends_with_the_wrong_punctuation(width: int) -> None:
    text = "“只警告”的策略（即 warn），拦不住任何人；请把它改为《强制》。然后：再试一次！"
    broken = lines(text, width)
    assert not [line for line in broken if line[0] in NEVER_FIRST or line[-1] in NEVER_LAST]
    assert max(map(cell_len, broken)) <= width


@pytest.mark.parametrize("width", range(1, 40))
def test_nothing_is_lost_and_no_line_is_too_long(width: int) -> None:
    text = (
        "found: container busybox (image registry.k8s.io/pause:3.10) 的 NoNewPrivs 是 0, /etc/kubernetes/enc/enc.yaml"
    )
    points = break_points(text, width)
    assert points == sorted(set(points))
    if width > 5:
        assert max(map(cell_len, lines(text, width))) <= width


def test_what_may_not_be_divided_is_not() -> None:
    assert break_points("a/very/long/path b", 6, fold=False) == [17]
