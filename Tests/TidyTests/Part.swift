// Tests of this part.
