"""The process itself: its environment, its terminal, its signals, and the errors that nobody caught."""
