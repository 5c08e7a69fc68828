"""What a firm sells, as an app that only tests have: it shows that a new kind of record is one file and its model."""
