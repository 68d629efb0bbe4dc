"""The steps of a job's life, one file each. docs/architecture.md, *Life of a job in the database*."""
