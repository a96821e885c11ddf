"""The plain tables as Django models; Django neither creates nor changes them."""

from __future__ import annotations

from django.db import models


class Actor(models.Model):  # noqa: DJ008, nobody prints these
    id = models.TextField(primary_key=True)
    name = models.TextField()

    class Meta:
        managed = False
        db_table = "actor"


class Issue(models.Model):  # noqa: DJ008
    id = models.TextField(primary_key=True)
    name = models.TextField()

    class Meta:
        managed = False
        db_table = "issue"


class Proposition(models.Model):  # noqa: DJ008
    id = models.TextField(primary_key=True)
    text = models.TextField()

    class Meta:
        managed = False
        db_table = "proposition"


class Position(models.Model):  # noqa: DJ008
    number = models.IntegerField(primary_key=True)
    id = models.TextField(unique=True)
    note = models.TextField(null=True)  # noqa: DJ001, the column is as it is
    doubts = models.JSONField()
    holder = models.ForeignKey(Actor, models.DO_NOTHING, db_column="holder")
    co_holders = models.JSONField()
    force = models.TextField()
    proposition = models.ForeignKey(Proposition, models.DO_NOTHING, db_column="proposition")
    negated = models.BooleanField()
    targets = models.JSONField()
    under = models.JSONField()
    evidence = models.JSONField()
    sources = models.JSONField()
    responds_to = models.JSONField()
    reason = models.JSONField()
    speaker = models.TextField(null=True)  # noqa: DJ001
    attestation = models.TextField()
    attested_on = models.TextField()
    valid_from = models.TextField(null=True)  # noqa: DJ001
    valid_to = models.TextField(null=True)  # noqa: DJ001
    end_reason = models.TextField(null=True)  # noqa: DJ001
    end_evidence = models.JSONField()
    replaces = models.TextField(null=True)  # noqa: DJ001
    rank = models.TextField()
    coder = models.TextField(null=True)  # noqa: DJ001
    derived = models.JSONField()
    proposition_text = models.TextField(null=True)  # noqa: DJ001
    conflict = models.TextField()
    issues = models.ManyToManyField(Issue, through="PositionIssue")
    voice = models.TextField()
    stated_on = models.TextField(null=True)  # noqa: DJ001
    last_attested_on = models.TextField()
    quotes = models.JSONField()
    revision = models.IntegerField()
    links = models.JSONField()
    changeset = models.IntegerField()
    recorded_at = models.TextField()
    recorded_by = models.TextField()

    class Meta:
        managed = False
        db_table = "position"


class PositionIssue(models.Model):  # noqa: DJ008
    pk = models.CompositePrimaryKey("issue_id", "position_id")
    issue = models.ForeignKey(Issue, models.DO_NOTHING, db_column="issue")
    position = models.ForeignKey(Position, models.DO_NOTHING, db_column="position")

    class Meta:
        managed = False
        db_table = "position_issue"
