"""What `doctor` finds, to be read in the app."""

from __future__ import annotations

from lab import i18n


def examination(lab: str) -> str:
    """Examine the machine and the lab of this name; Markdown. Takes seconds."""
    from lab.cluster.doctor import examine  # with all that makes images

    parts: list[str] = []
    for it in examine(lab):
        parts.append(f"- **{i18n.text(f'cli.doctor.{it.state}')}** {it.name}: {it.says}")
        parts += ["", f"  {it.next_step}", ""] if it.next_step else []
    return "\n".join(parts)
