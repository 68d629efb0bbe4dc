"""What can be computed with: setups of the proof system, programs, datasets and their committed columns."""
