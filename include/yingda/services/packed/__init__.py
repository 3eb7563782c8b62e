"""What goes into an evidence pack, read from the records and put into plain values. Nothing here writes."""
