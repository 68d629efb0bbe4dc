"""Rounds over all open orders take the place of one decision for each job. Older decisions are dropped: their form was
that of an engine that is gone, so that nothing could decide them again.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0002_fault_per_seat")]

    operations = [migrations.DeleteModel("MatchRound")]
