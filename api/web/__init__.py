"""The HTTP kernel: how any noun is read and written over HTTP, once for all ten.

Only this package imports flask-smorest, webargs, apispec and Flask-Compress.

A request first passes `front`: its host, its limits (`rate_limits`), its body.

1. `routes` registers the operations of a noun, a `resource`, and `writing` those that write;
   `auth` declares who may call them.
2. `requests` parses the query (`queries`, `formats`) and the body. The fast path of `fast_loader`
   loads most of them, marshmallow the rest.
3. `reading` answers a GET from top to bottom, `writing` a POST, PUT or DELETE.
4. `responses` sends bytes under an ETag; `cache` holds the response cache in front of Flask.
5. `contract` documents all that and has the fields, parameters and problems that it is made of.
"""
