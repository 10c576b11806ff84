"""What people do with messages: taking in, entering, reviewing, reading and listing them."""
