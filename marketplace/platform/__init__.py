"""What starts and stops the processes of one machine: servers, agents, the main job. No Django here."""
