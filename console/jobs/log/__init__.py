"""What people do with the log (証跡): viewing it, asking it, exporting it, pruning it."""
