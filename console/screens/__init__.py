"""The screens, a module each. A screen shows and asks; what is done is done by the jobs."""
