// Part of dls.
