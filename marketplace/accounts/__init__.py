"""Who takes part: organisations, their people, and the parties (connector, node, consumer) that sign."""
