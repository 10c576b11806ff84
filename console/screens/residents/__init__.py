"""The screens about one resident."""
