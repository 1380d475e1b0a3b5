/** The configuration of a production nginx in front of several apis. */
export function nginxConfiguration(
  folder: string,
  { front, apis }: { readonly front: string; readonly apis: readonly string[] },
): string {
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000;
  upstream apis {
${apis.map((address) => `    server ${address} max_fails=1 fail_timeout=2s;`).join('\n')}
    keepalive 64;
    keepalive_requests 1000000;
  }
  server {
    listen ${front};
    location / {
      proxy_pass http://apis;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_connect_timeout 1s;
      # A read is repeated on the other api if the first one is lost or stops, a write isn't.
      proxy_next_upstream error timeout http_503;
    }
  }
}
`;
}
