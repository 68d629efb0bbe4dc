"""Read model of the audit trail. It reads all other apps and writes nothing."""
