"""The process itself: its environment, its terminal, its signals, and what nobody caught."""
