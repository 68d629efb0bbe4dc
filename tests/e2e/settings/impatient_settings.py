"""The market's own settings with short patience, so that losses and timeouts happen within a test."""

from marketplace.config.settings import *  # noqa: F403

LEASE_SECONDS = 8
HEARTBEAT_SECONDS = 1
LEASE_WAIT_SECONDS = 4
PIPELINE_NODE_FRESH_SECONDS = 20
PIPELINE_NODE_SILENCE_SECONDS = 8
PIPELINE_BLAME_SILENCE_SECONDS = 30
