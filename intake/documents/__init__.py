"""What the office has put in writing: receipts and notices, made from templates.

    event -> templates.yaml -> Content (sealed, hashed, in the event's own transaction)
                                  |-> html.render   for the screen
                                  `-> pdf.render    for keeping, made when it is asked for

The content is the document: once made it never changes, and its SHA-256 is printed on every form of it,
told with the event, and checked by `python -m intake documents`. None carries a seal: only the office
that decides may put one on. What is made in a demo is marked 样本.
"""
