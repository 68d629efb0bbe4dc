"""Collateral and convictions are append-only; older nodes get the contract for which they were signed."""

from django.db import migrations

from marketplace.chain.binding import rows_bind
from marketplace.signing.eip712 import RegisterNode

APPEND_ONLY = """
CREATE FUNCTION nodes_collateral_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM chain_chainevent
                                     WHERE id = OLD.event_id AND orphaned_at IS NOT NULL) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'collateral and convictions are append-only'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'nodes_collateral_append_only';
END $$;
CREATE TRIGGER nodes_collateral_refuse_change BEFORE UPDATE OR DELETE ON nodes_collateralentry
    FOR EACH ROW EXECUTE FUNCTION nodes_collateral_refuse_change();
CREATE TRIGGER nodes_conviction_refuse_change BEFORE UPDATE OR DELETE ON nodes_conviction
    FOR EACH ROW EXECUTE FUNCTION nodes_collateral_refuse_change();
"""

CHANGEABLE = """
DROP TRIGGER nodes_collateral_refuse_change ON nodes_collateralentry;
DROP TRIGGER nodes_conviction_refuse_change ON nodes_conviction;
DROP FUNCTION nodes_collateral_refuse_change();
"""


def bind(apps, schema_editor):
    rows_bind(apps.get_model("nodes", "Node"), RegisterNode, lambda row: row.registration["message"])


class Migration(migrations.Migration):
    dependencies = [("nodes", "0002_collateral_and_convictions")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, CHANGEABLE),
        migrations.RunPython(bind, migrations.RunPython.noop),
    ]
