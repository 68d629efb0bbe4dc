"""How nodes did is appended and never changed."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION nodes_outcome_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the outcomes of nodes are append-only'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'node_outcome_append_only';
END $$;
CREATE TRIGGER nodes_outcome_refuse_change BEFORE UPDATE OR DELETE ON nodes_nodeoutcome
    FOR EACH ROW EXECUTE FUNCTION nodes_outcome_refuse_change();
"""
CHANGEABLE = """
DROP TRIGGER nodes_outcome_refuse_change ON nodes_nodeoutcome;
DROP FUNCTION nodes_outcome_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("nodes", "0004_node_outcomes")]

    operations = [migrations.RunSQL(APPEND_ONLY, CHANGEABLE)]
