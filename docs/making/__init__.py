"""What is made of the code and of a built gallery: the reference (``make reference``), the README's
pictures (``make pictures``)."""
