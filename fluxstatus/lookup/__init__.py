"""One object and its relatives, shared by the commands that are about one."""
