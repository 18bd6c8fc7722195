"""Give every thread its own key, the same in every version of the record in which it stands unchanged."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import migrations, models

SAME = (
    "zone", "side", "kind", "material", "layer", "fixation", "path", "purpose", "count", "product", "lot", "expires",
)  # fmt: skip


def give_keys(apps: Any, _: Any) -> None:
    """A line that stood in the version before is the same thread."""
    versions = apps.get_model("clinic", "ProcedureVersion").objects.order_by("procedure_id", "number")
    procedure, before = None, {}
    for version in versions.prefetch_related("threads").iterator(chunk_size=500):
        if version.procedure_id != procedure:
            procedure, before = version.procedure_id, {}
        now: dict[tuple[Any, ...], list[uuid.UUID]] = {}
        for thread in version.threads.all():
            line = tuple(getattr(thread, name) for name in SAME)
            known = before.get(line)
            thread.key = known.pop() if known else uuid.uuid4()
            thread.save(update_fields=["key"])
            now.setdefault(line, []).append(thread.key)
        before = now


class Migration(migrations.Migration):
    """Fill, then let no key stand twice in a version."""

    dependencies = [("clinic", "0003_record")]
    operations = [
        migrations.RunPython(give_keys, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="thread",
            constraint=models.UniqueConstraint(fields=("version", "key"), name="thread_key_once"),
        ),
    ]
