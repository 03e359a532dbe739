"""Looking up objects, their relatives, logs and events; shared by the commands."""
