"""Rounds and their decisions are appended and never changed."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION pipeline_round_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'matching rounds and their decisions are append-only'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'match_round_append_only';
END $$;
CREATE TRIGGER pipeline_round_refuse_change BEFORE UPDATE OR DELETE ON pipeline_matchround
    FOR EACH ROW EXECUTE FUNCTION pipeline_round_refuse_change();
CREATE TRIGGER pipeline_decision_refuse_change BEFORE UPDATE OR DELETE ON pipeline_matchdecision
    FOR EACH ROW EXECUTE FUNCTION pipeline_round_refuse_change();
"""
CHANGEABLE = """
DROP TRIGGER pipeline_decision_refuse_change ON pipeline_matchdecision;
DROP TRIGGER pipeline_round_refuse_change ON pipeline_matchround;
DROP FUNCTION pipeline_round_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0004_rounds")]

    operations = [migrations.RunSQL(APPEND_ONLY, CHANGEABLE)]
