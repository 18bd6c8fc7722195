"""The clinical record around the recovery: consultation, stock, complications, removal, outcome, hand-off."""

import afterthread.clinic.cipher
import django.db.models.deletion
import django.db.models.functions.text
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0002_audit_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="Complication",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("key", models.UUIDField(default=uuid.uuid4)),
                ("began_day", models.PositiveSmallIntegerField()),
                ("zone", models.CharField(blank=True, max_length=40)),
                ("side", models.CharField(blank=True, max_length=16)),
                ("threads", models.JSONField(default=list)),
                ("signs", afterthread.clinic.cipher.SealedField(blank=True)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("revision", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["-opened_at"],
            },
        ),
        migrations.CreateModel(
            name="ConsentText",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("procedure", "the procedure"),
                            ("photo_record", "photos for the record"),
                            ("photo_shown", "photos shown to others"),
                            ("registry", "pseudonymous data for a registry"),
                        ],
                        max_length=16,
                    ),
                ),
                ("region", models.CharField(blank=True, max_length=8)),
                ("number", models.PositiveSmallIntegerField()),
                ("words", models.JSONField(default=dict)),
                ("drafted_at", models.DateTimeField()),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                ("revision", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["purpose", "region", "number"],
            },
        ),
        migrations.CreateModel(
            name="Consultation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("opened_at", models.DateTimeField()),
                ("indications", models.JSONField(default=list)),
                ("zones", models.JSONField(default=list)),
                ("materials", models.JSONField(default=list)),
                ("expectation", afterthread.clinic.cipher.SealedField(blank=True)),
                ("promised", afterthread.clinic.cipher.SealedField(blank=True)),
                ("promises", models.JSONField(default=list)),
                ("planned_on", models.DateField(blank=True, null=True)),
                ("planned_time", models.TimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("reason", afterthread.clinic.cipher.SealedField(blank=True)),
                ("revision", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["-opened_at"],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("asked_at", models.DateTimeField()),
                ("wish", afterthread.clinic.cipher.SealedField(blank=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("refused", models.BooleanField(default=False)),
                ("answer", afterthread.clinic.cipher.SealedField(blank=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("account", models.JSONField(blank=True, null=True)),
                ("revision", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Handoff",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("document", afterthread.clinic.cipher.SealedField()),
                ("digest", models.CharField(max_length=64)),
                ("issued_at", models.DateTimeField()),
                ("secret", models.CharField(max_length=64, unique=True)),
                ("code", afterthread.clinic.cipher.SealedField()),
                ("pin", afterthread.clinic.cipher.SealedField()),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-issued_at"],
            },
        ),
        migrations.CreateModel(
            name="Judgement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "about",
                    models.CharField(
                        choices=[
                            ("pathway", "what it is"),
                            ("nature", "sequela, complication or dissatisfaction"),
                            ("grade", "Clavien-Dindo grade"),
                            ("technique", "what the technique had to do with it"),
                            ("threads", "which threads"),
                            ("outcome", "how it ended"),
                            ("closing", "why it is closed"),
                            ("reopening", "why it is open again"),
                        ],
                        max_length=12,
                    ),
                ),
                ("value", models.CharField(blank=True, max_length=80)),
                ("more", models.JSONField(blank=True, default=dict)),
                ("reason", afterthread.clinic.cipher.SealedField(blank=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Lot",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=60)),
                ("expires", models.DateField(blank=True, null=True)),
            ],
            options={
                "ordering": ["expires", "code"],
            },
        ),
        migrations.CreateModel(
            name="Move",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", afterthread.clinic.cipher.SealedField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Movement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("received", "received"),
                            ("used", "used"),
                            ("discarded", "thrown away"),
                            ("counted", "counted anew"),
                        ],
                        max_length=12,
                    ),
                ),
                ("quantity", models.IntegerField()),
                ("key", models.UUIDField(default=uuid.uuid4)),
                ("note", afterthread.clinic.cipher.SealedField(blank=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("told_at", models.DateTimeField()),
                ("answer", afterthread.clinic.cipher.SealedField(blank=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Outcome",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("key", models.UUIDField(default=uuid.uuid4)),
                (
                    "point",
                    models.CharField(
                        choices=[
                            ("2w", "2 weeks"),
                            ("1m", "1 month"),
                            ("3m", "3 months"),
                            ("6m", "6 months"),
                            ("12m", "12 months"),
                            ("18m", "18 months"),
                        ],
                        max_length=4,
                    ),
                ),
                (
                    "improvement",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (1, "worse than before"),
                            (2, "no change"),
                            (3, "somewhat better"),
                            (4, "clearly better"),
                            (5, "as good as hoped"),
                        ],
                        null=True,
                    ),
                ),
                ("satisfaction", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "would_repeat",
                    models.CharField(
                        blank=True,
                        choices=[("yes", "yes"), ("partly", "partly, or not sure"), ("no", "no")],
                        max_length=8,
                    ),
                ),
                (
                    "still_visible",
                    models.CharField(
                        blank=True,
                        choices=[("yes", "yes"), ("partly", "partly, or not sure"), ("no", "no")],
                        max_length=8,
                    ),
                ),
                ("words", afterthread.clinic.cipher.SealedField(blank=True)),
                ("day", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["at"],
            },
        ),
        migrations.CreateModel(
            name="Overlay",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField()),
                ("base", models.CharField(max_length=64)),
                ("document", models.JSONField(default=dict)),
                ("reason", models.TextField(blank=True)),
                ("drafted_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                ("checks", models.JSONField(blank=True, null=True)),
                ("adopted_at", models.DateTimeField(blank=True, null=True)),
                ("revision", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="Override",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry", models.CharField(max_length=80)),
                ("reason", afterthread.clinic.cipher.SealedField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("maker", models.CharField(blank=True, max_length=120)),
                ("gtin", models.CharField(blank=True, max_length=14)),
                ("kind", models.CharField(blank=True, max_length=40)),
                ("material", models.CharField(blank=True, max_length=40)),
                ("fixation", models.CharField(blank=True, max_length=40)),
                ("path", models.CharField(blank=True, max_length=16)),
                ("gauge", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("length_mm", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("low_at", models.PositiveSmallIntegerField(default=0)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                ("revision", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Recall",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=60)),
                ("reason", afterthread.clinic.cipher.SealedField()),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("conclusion", afterthread.clinic.cipher.SealedField(blank=True)),
                ("lifted", models.BooleanField(default=False)),
                ("revision", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["-opened_at"],
            },
        ),
        migrations.CreateModel(
            name="Remark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4)),
                ("text", afterthread.clinic.cipher.SealedField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Removal",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("thread", models.UUIDField()),
                ("count", models.PositiveSmallIntegerField(default=1)),
                ("key", models.UUIDField(default=uuid.uuid4)),
                ("removed_at", models.DateTimeField()),
                (
                    "extent",
                    models.CharField(
                        choices=[("whole", "whole"), ("part", "a part"), ("none", "nothing: tried in vain")],
                        max_length=8,
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("complication", "a complication"),
                            ("dissatisfaction", "the patient does not want it"),
                            ("recall", "a recall"),
                            ("other", "something else"),
                        ],
                        max_length=16,
                    ),
                ),
                ("punctures", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "found",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("free", "free"),
                            ("encapsulated", "in a capsule"),
                            ("fragile", "fragile"),
                            ("not_found", "not found"),
                        ],
                        max_length=16,
                    ),
                ),
                ("left_mm", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("note", afterthread.clinic.cipher.SealedField(blank=True)),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["removed_at", "recorded_at"],
            },
        ),
        migrations.CreateModel(
            name="Screening",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("key", models.UUIDField(default=uuid.uuid4)),
                ("answers", models.JSONField()),
                ("planned_on", models.DateField(blank=True, null=True)),
                ("result", models.JSONField()),
                ("verdict", models.CharField(max_length=20)),
                ("note", afterthread.clinic.cipher.SealedField(blank=True)),
                ("filled_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["filled_at"],
            },
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("key", models.UUIDField(default=uuid.uuid4)),
                ("language", models.CharField(max_length=8)),
                ("digest", models.CharField(max_length=64)),
                ("name", afterthread.clinic.cipher.SealedField()),
                ("drawing", afterthread.clinic.cipher.SealedField(blank=True)),
                ("on_paper", models.BooleanField(default=False)),
                ("signed_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["signed_at"],
            },
        ),
        migrations.CreateModel(
            name="SignOff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("profession", models.CharField(max_length=120)),
                ("statement", models.TextField()),
                ("at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="StepDone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pathway", models.CharField(max_length=40)),
                ("step", models.CharField(max_length=40)),
                ("needed", models.BooleanField(default=True)),
                ("note", afterthread.clinic.cipher.SealedField(blank=True)),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("reason", afterthread.clinic.cipher.SealedField(blank=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="workitem",
            name="one_open_item_of_a_kind",
        ),
        migrations.AddField(
            model_name="clinic",
            name="keep_years",
            field=models.PositiveSmallIntegerField(default=10),
        ),
        migrations.AddField(
            model_name="clinic",
            name="protocol",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="clinic.protocolversion",
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="erased_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="procedureversion",
            name="despite",
            field=afterthread.clinic.cipher.SealedField(blank=True),
        ),
        migrations.AddField(
            model_name="thread",
            name="barb_near_exit",
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AddField(
            model_name="thread",
            name="entry_x",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="thread",
            name="entry_y",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="thread",
            name="exit_x",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="thread",
            name="exit_y",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="thread",
            name="gauge",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="thread",
            name="key",
            field=models.UUIDField(db_index=True, default=uuid.uuid4),
        ),
        migrations.AddField(
            model_name="thread",
            name="length_mm",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="thread",
            name="overcorrection",
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AddField(
            model_name="thread",
            name="paired_needles",
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AddField(
            model_name="thread",
            name="udi",
            field=models.CharField(blank=True, max_length=160),
        ),
        migrations.AddField(
            model_name="thread",
            name="vector",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="thread",
            name="view",
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AlterField(
            model_name="action",
            name="kind",
            field=models.CharField(
                choices=[
                    ("raised", "raised"),
                    ("claimed", "claimed"),
                    ("released", "given back"),
                    ("contacted", "contacted"),
                    ("overridden", "urgency changed"),
                    ("noted", "noted"),
                    ("escalated", "escalated"),
                    ("moved", "moved to the next step"),
                    ("closed", "closed"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="thread",
            name="lot",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AlterField(
            model_name="workitem",
            name="kind",
            field=models.CharField(
                choices=[
                    ("decision", "check-in"),
                    ("silence", "silence"),
                    ("message", "message"),
                    ("delivery", "not delivered"),
                    ("step", "complication"),
                    ("screening", "screening"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="complication",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="complication",
            name="closed_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"
            ),
        ),
        migrations.AddField(
            model_name="complication",
            name="decision",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="clinic.decision",
            ),
        ),
        migrations.AddField(
            model_name="complication",
            name="opened_by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"),
        ),
        migrations.AddField(
            model_name="complication",
            name="patient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="complications", to="clinic.patient"
            ),
        ),
        migrations.AddField(
            model_name="complication",
            name="procedure",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="complications", to="clinic.procedure"
            ),
        ),
        migrations.AddField(
            model_name="workitem",
            name="complication",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="clinic.complication",
            ),
        ),
        migrations.AddConstraint(
            model_name="workitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None), ("complication", None)),
                fields=("patient", "procedure", "kind"),
                name="one_open_item_of_a_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="workitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("complication",),
                name="one_open_item_of_a_complication",
            ),
        ),
        migrations.AddField(
            model_name="consenttext",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="consenttext",
            name="drafted_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"
            ),
        ),
        migrations.AddField(
            model_name="consenttext",
            name="published_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"
            ),
        ),
        migrations.AddField(
            model_name="consultation",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="consultation",
            name="opened_by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"),
        ),
        migrations.AddField(
            model_name="consultation",
            name="patient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="consultations", to="clinic.patient"
            ),
        ),
        migrations.AddField(
            model_name="consultation",
            name="protocol",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.protocolversion"
            ),
        ),
        migrations.AddField(
            model_name="procedure",
            name="consultation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="procedures",
                to="clinic.consultation",
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="answered_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="asked_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="erasure",
            name="patient",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="erasure", to="clinic.patient"
            ),
        ),
        migrations.AddField(
            model_name="handoff",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="handoff",
            name="issued_by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"),
        ),
        migrations.AddField(
            model_name="handoff",
            name="patient",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.patient"),
        ),
        migrations.AddField(
            model_name="handoff",
            name="procedure",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="handoffs", to="clinic.procedure"
            ),
        ),
        migrations.AddField(
            model_name="handoff",
            name="revoked_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"
            ),
        ),
        migrations.AddField(
            model_name="handoff",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.procedureversion"
            ),
        ),
        migrations.AddField(
            model_name="judgement",
            name="by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"),
        ),
        migrations.AddField(
            model_name="judgement",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="judgement",
            name="complication",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="judgements", to="clinic.complication"
            ),
        ),
        migrations.AddField(
            model_name="judgement",
            name="patient",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.patient"),
        ),
        migrations.AddField(
            model_name="lot",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="thread",
            name="stock",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="threads",
                to="clinic.lot",
            ),
        ),
        migrations.AddIndex(
            model_name="thread",
            index=models.Index(models.F("clinic"), django.db.models.functions.text.Upper("lot"), name="thread_lot"),
        ),
        migrations.AddField(
            model_name="move",
            name="after",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.protocolversion"
            ),
        ),
        migrations.AddField(
            model_name="move",
            name="before",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.protocolversion"
            ),
        ),
        migrations.AddField(
            model_name="move",
            name="by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"),
        ),
        migrations.AddField(
            model_name="move",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="move",
            name="patient",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.patient"),
        ),
        migrations.AddField(
            model_name="move",
            name="procedure",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="moves", to="clinic.procedure"
            ),
        ),
        migrations.AddField(
            model_name="movement",
            name="by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"
            ),
        ),
        migrations.AddField(
            model_name="movement",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="movement",
            name="lot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="movements", to="clinic.lot"
            ),
        ),
        migrations.AddField(
            model_name="movement",
            name="version",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="clinic.procedureversion",
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="answered_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="notice",
            name="message",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="clinic.message",
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="patient",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.patient"),
        ),
        migrations.AddField(
            model_name="notice",
            name="told_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"
            ),
        ),
        migrations.AddField(
            model_name="outcome",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="outcome",
            name="device",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="clinic.device",
            ),
        ),
        migrations.AddField(
            model_name="outcome",
            name="patient",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.patient"),
        ),
        migrations.AddField(
            model_name="outcome",
            name="procedure",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="outcomes", to="clinic.procedure"
            ),
        ),
        migrations.AddField(
            model_name="outcome",
            name="staff",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"
            ),
        ),
        migrations.AddField(
            model_name="overlay",
            name="adopted_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"
            ),
        ),
        migrations.AddField(
            model_name="overlay",
            name="clinic",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="overlays", to="clinic.clinic"
            ),
        ),
        migrations.AddField(
            model_name="overlay",
            name="drafted_by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"),
        ),
        migrations.AddField(
            model_name="overlay",
            name="protocol",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="clinic.protocolversion",
            ),
        ),
        migrations.AddField(
            model_name="override",
            name="by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"),
        ),
        migrations.AddField(
            model_name="override",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="override",
            name="patient",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.patient"),
        ),
        migrations.AddField(
            model_name="product",
            name="clinic",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="products", to="clinic.clinic"
            ),
        ),
        migrations.AddField(
            model_name="lot",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lots", to="clinic.product"
            ),
        ),
        migrations.AddField(
            model_name="recall",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="recall",
            name="opened_by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"),
        ),
        migrations.AddField(
            model_name="recall",
            name="product",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="clinic.product",
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="recall",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="clinic.recall"
            ),
        ),
        migrations.AddField(
            model_name="remark",
            name="by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"),
        ),
        migrations.AddField(
            model_name="remark",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="remark",
            name="complication",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="remarks", to="clinic.complication"
            ),
        ),
        migrations.AddField(
            model_name="remark",
            name="patient",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.patient"),
        ),
        migrations.AddField(
            model_name="removal",
            name="by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"),
        ),
        migrations.AddField(
            model_name="removal",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="removal",
            name="complication",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="removals",
                to="clinic.complication",
            ),
        ),
        migrations.AddField(
            model_name="removal",
            name="patient",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.patient"),
        ),
        migrations.AddField(
            model_name="removal",
            name="procedure",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="removals", to="clinic.procedure"
            ),
        ),
        migrations.AddField(
            model_name="removal",
            name="supersedes",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="successor",
                to="clinic.removal",
            ),
        ),
        migrations.AddField(
            model_name="screening",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="screening",
            name="consultation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="screenings", to="clinic.consultation"
            ),
        ),
        migrations.AddField(
            model_name="screening",
            name="device",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="clinic.device",
            ),
        ),
        migrations.AddField(
            model_name="screening",
            name="patient",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.patient"),
        ),
        migrations.AddField(
            model_name="screening",
            name="protocol",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.protocolversion"
            ),
        ),
        migrations.AddField(
            model_name="screening",
            name="taken_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"
            ),
        ),
        migrations.AddField(
            model_name="override",
            name="screening",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="overrides", to="clinic.screening"
            ),
        ),
        migrations.AddField(
            model_name="signature",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="signature",
            name="consultation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="signatures",
                to="clinic.consultation",
            ),
        ),
        migrations.AddField(
            model_name="signature",
            name="device",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="clinic.device",
            ),
        ),
        migrations.AddField(
            model_name="signature",
            name="patient",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.patient"),
        ),
        migrations.AddField(
            model_name="signature",
            name="text",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="signatures", to="clinic.consenttext"
            ),
        ),
        migrations.AddField(
            model_name="signature",
            name="witness",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"
            ),
        ),
        migrations.AddField(
            model_name="signoff",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="signoff",
            name="protocol",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.protocolversion"
            ),
        ),
        migrations.AddField(
            model_name="signoff",
            name="staff",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"),
        ),
        migrations.AddField(
            model_name="stepdone",
            name="by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"),
        ),
        migrations.AddField(
            model_name="stepdone",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="stepdone",
            name="complication",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="clinic.complication"
            ),
        ),
        migrations.AddField(
            model_name="stepdone",
            name="patient",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.patient"),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.staff"
            ),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.clinic"),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="patient",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.patient"),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="withdrawal", to="clinic.signature"
            ),
        ),
        migrations.AddIndex(
            model_name="complication",
            index=models.Index(
                condition=models.Q(("closed_at", None)), fields=["clinic", "-opened_at"], name="complication_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="complication",
            constraint=models.UniqueConstraint(fields=("procedure", "key"), name="complication_key_once"),
        ),
        migrations.AddConstraint(
            model_name="consenttext",
            constraint=models.UniqueConstraint(
                fields=("clinic", "purpose", "region", "number"), name="consent_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="consenttext",
            constraint=models.UniqueConstraint(
                condition=models.Q(("published_at__isnull", False), ("retired_at", None)),
                fields=("clinic", "purpose", "region"),
                name="one_consent_text_in_force",
            ),
        ),
        migrations.AddIndex(
            model_name="consultation",
            index=models.Index(
                condition=models.Q(("closed_at", None)), fields=["planned_on"], name="consultation_planned"
            ),
        ),
        migrations.AddConstraint(
            model_name="handoff",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at", None)), fields=("procedure",), name="one_handoff_in_force"
            ),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.UniqueConstraint(fields=("lot", "key"), name="movement_key_once"),
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(fields=["clinic", "point"], name="clinic_outc_clinic__7c51c9_idx"),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.UniqueConstraint(fields=("procedure", "key"), name="outcome_key_once"),
        ),
        migrations.AddConstraint(
            model_name="overlay",
            constraint=models.UniqueConstraint(fields=("clinic", "number"), name="overlay_number_once"),
        ),
        migrations.AddConstraint(
            model_name="overlay",
            constraint=models.UniqueConstraint(
                condition=models.Q(("adopted_at", None)), fields=("clinic",), name="one_overlay_draft"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(fields=("clinic", "name"), name="product_name_once"),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(
                condition=models.Q(("gtin", ""), _negated=True), fields=("clinic", "gtin"), name="product_gtin_once"
            ),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(fields=["clinic", "code"], name="clinic_lot_clinic__5ccae3_idx"),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.UniqueConstraint(fields=("product", "code"), name="lot_code_once"),
        ),
        migrations.AddIndex(
            model_name="recall",
            index=models.Index(fields=["clinic", "code"], name="clinic_reca_clinic__8ebc2d_idx"),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(fields=("recall", "patient"), name="notice_once"),
        ),
        migrations.AddConstraint(
            model_name="remark",
            constraint=models.UniqueConstraint(fields=("complication", "key"), name="remark_key_once"),
        ),
        migrations.AddConstraint(
            model_name="removal",
            constraint=models.UniqueConstraint(fields=("procedure", "key"), name="removal_key_once"),
        ),
        migrations.AddConstraint(
            model_name="screening",
            constraint=models.UniqueConstraint(fields=("consultation", "key"), name="screening_key_once"),
        ),
        migrations.AddConstraint(
            model_name="override",
            constraint=models.UniqueConstraint(fields=("screening", "entry"), name="override_once"),
        ),
        migrations.AddConstraint(
            model_name="signature",
            constraint=models.UniqueConstraint(fields=("patient", "key"), name="signature_key_once"),
        ),
        migrations.AddConstraint(
            model_name="stepdone",
            constraint=models.UniqueConstraint(fields=("complication", "pathway", "step"), name="pathway_step_once"),
        ),
    ]
