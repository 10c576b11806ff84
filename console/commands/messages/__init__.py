"""What scripts do with messages: `import`, `queue`, `show`, `revise`, `undo`, `erase` and the steps of the review."""
