"""Entry by hand: the questions before the form, the form itself, and the page before the queue."""
