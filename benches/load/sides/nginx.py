"""nginx: the limit of what a proxy that looks at nothing can do."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import processes
from load import Way

from sides.side import Setting, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["started"]

# As it comes, with one access line a request, and with what proxying model calls wants: connections to the upstream that are kept, events
# that are not held back, and room for long prompts in memory.
_CONFIG = """\
worker_processes {workers};
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 4096; }}
http {{
  access_log {folder}/nginx-access.log;
  client_body_temp_path {folder}/nginx-body;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  scgi_temp_path {folder}/nginx-scgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  keepalive_requests 1000000000;
  client_max_body_size 16m;
  client_body_buffer_size 2m;
  tcp_nodelay on;
  upstream plain {{ server 127.0.0.1:{http}; keepalive 512; keepalive_requests 1000000000; }}
  upstream secure {{ server 127.0.0.1:{https}; keepalive 512; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_buffering off;
    proxy_read_timeout 300s;
    location /v1/ {{ proxy_pass http://plain; }}
    location /secure/ {{
      proxy_pass https://secure/;
      proxy_ssl_trusted_certificate {certificate};
      proxy_ssl_verify on;
      proxy_ssl_server_name on;
      proxy_ssl_name localhost;
    }}
  }}
}}
"""


@contextlib.contextmanager
def started(setting: Setting) -> Iterator[Side]:
    """Serve with a worker for each core."""
    binary = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if binary is None:
        raise processes.Absent("there is no nginx; Debian has it in the package nginx-light")
    version = subprocess.run([binary, "-v"], capture_output=True, text=True, check=True).stderr.rpartition("/")[2].strip()
    port, config, workers = processes.free_port(), setting.folder / "nginx.conf", os.cpu_count() or 1
    way = Way(port)
    config.write_text(
        _CONFIG.format(
            folder=setting.folder,
            port=port,
            workers=workers,
            http=setting.mock.http,
            https=setting.mock.https,
            certificate=setting.mock.certificate,
        )
    )
    command = (binary, "-p", setting.folder, "-c", config, "-e", setting.folder / "nginx-error.log")
    with processes.started(command, log=setting.folder / "nginx.log", ready=lambda: setting.ready(way)) as running:
        yield Side("nginx", f"{version}, {workers} workers", way, Way(port, "/secure/v1/chat/completions"), running)
