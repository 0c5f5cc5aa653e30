"""From the lines of a segment to rows of the lake: nothing lost, nothing believed unread."""
