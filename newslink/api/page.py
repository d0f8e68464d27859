"""The OpenAPI description → one plain HTML page: what can be asked, with which parameters. No script, nothing from another host."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

_STYLE = """
:root{color-scheme:light dark}body{font:15px/1.6 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;max-width:960px;
margin:0 auto;padding:16px}table{border-collapse:collapse;width:100%;margin:8px 0 24px}
th,td{text-align:left;padding:4px 8px;vertical-align:top;border-bottom:1px solid #8886}
code{font-family:ui-monospace,monospace}h2{font-size:17px;margin:24px 0 0}
"""


def page_of(description: Mapping[str, Any]) -> str:
    """One section a path, one row a parameter."""
    info = description["info"]
    parts = [f"<h1>{_safe(info['title'])} {_safe(info['version'])}</h1><p>{_safe(info.get('description', ''))}</p>"]
    parts.append('<p>Machine-readable: <a href="/openapi.json">openapi.json</a>.</p>')
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            parts.append(f"<h2><code>{_safe(method.upper())} {_safe(path)}</code></h2><p>{_safe(operation.get('description', ''))}</p>")
            rows = "".join(_row(parameter) for parameter in operation.get("parameters", ()))
            if rows:
                parts.append(f"<table><tr><th>parameter</th><th>type</th><th>meaning</th></tr>{rows}</table>")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>newslink API</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _row(parameter: Mapping[str, Any]) -> str:
    schema = parameter.get("schema", {})
    kinds = [schema, *schema.get("anyOf", ())]
    kind = " or ".join(str(k.get("format") or k.get("type")) for k in kinds if k.get("type") not in {None, "null"})
    words = parameter.get("description") or schema.get("description") or ""
    need = " (required)" if parameter.get("required") else ""
    return f"<tr><td><code>{_safe(parameter['name'])}</code>{need}</td><td>{_safe(kind)}</td><td>{_safe(words)}</td></tr>"


def _safe(text: object) -> str:
    return html.escape(str(text), quote=True)
