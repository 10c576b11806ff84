"""The guide: what those who keep a terminal have to know, in both languages, with tables made from what is declared."""
