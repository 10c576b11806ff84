"""What scripts do with messages: `import`, `queue`, `show`, review and correction, a module for each act."""
