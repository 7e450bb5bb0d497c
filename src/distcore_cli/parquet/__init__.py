"""Parquet files of strangers: read by pyarrow, which is shown nothing that was not measured before.

pyarrow unpacks what it is told to unpack, and a damaged footer can end its process.  So the footer is read
here (`footer`), and pyarrow gets one written here, of the columns that are wanted; the pages are measured
here (`pages`), and pyarrow reads as many at once as memory may hold (`reader`).  What a column holds is
told by its type (`columns`), and becomes exactly the text that CSV would hold (`cells`), or is refused.
"""
