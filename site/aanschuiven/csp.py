"""Content-Security-Policy by path: strict everywhere, another one for the CMS.

Public pages allow nothing inline and carry no nonce, so that the same bytes can serve every visitor. Wagtail 8 knows no
nonces and its editor does not work without inline scripts, so ``/cms/`` has a policy of its own. A page that an editor
previews is the public page in a frame of the CMS: only its ``frame-ancestors`` differs.
"""

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


class PolicyByPathMiddleware(CSPMiddleware):
    def get_policy_parts(self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if report_only:
            return parts
        if getattr(request, "is_preview", False):
            parts.replace = {**(parts.replace or {}), "frame-ancestors": ["'self'"]}
        elif request.path_info.startswith("/cms/"):
            parts.config = settings.CMS_SECURITY_POLICY
        return parts
