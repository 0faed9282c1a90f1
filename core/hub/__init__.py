"""Models from Hugging Face: a repository is looked at first, then downloaded.

offer = look(Repository.parse("owner/name"), own)
for update in download(offer, own): ...
"""
