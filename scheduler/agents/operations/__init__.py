"""What the operator of any agent does beside running it: look, check, rotate keys, calibrate."""
