"""Uploaded pictures, served from our own path (with DEBUG off nothing of Django does).

What an editor or a visitor uploaded is not trusted: a type that a browser could run (SVG, HTML) is offered as a download,
and a policy of its own keeps it from doing anything. Renditions have a hash of what made them in their name, so a browser
may keep them for good. Originals, which hold what a camera wrote into them, and documents are not here: Wagtail serves those
that are public itself.
"""

import mimetypes

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest

from places.read_only import read_only

SAFE_TYPES = {"image/jpeg", "image/png", "image/webp", "image/avif", "image/gif"}
FOLDERS = {"images", "avatar_images", "pictures"}
A_YEAR = 365 * 24 * 3600  # seconds


@read_only
def media(request: HttpRequest, path: str) -> FileResponse:
    folder, *below = path.split("/")
    if folder not in FOLDERS or {"", ".", ".."} & set(below):  # ".." would lead from a folder that is open to one that is not
        raise Http404
    try:
        file = default_storage.open(path)
    except (OSError, ValueError) as missing:  # no such file, a name too long for the disk, a NUL in it
        raise Http404 from missing
    content_type = mimetypes.guess_type(path)[0]
    is_safe = content_type in SAFE_TYPES
    response = FileResponse(file, content_type=content_type if is_safe else "application/octet-stream", as_attachment=not is_safe)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response
