"""What a person or a script does at the terminal: the jobs, the command line, the session and the screens."""
