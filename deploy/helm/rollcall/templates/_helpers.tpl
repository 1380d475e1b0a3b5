{{- define "rollcall.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "rollcall.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "rollcall.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "rollcall.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "rollcall.selectorLabels" -}}
app.kubernetes.io/name: {{ include "rollcall.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "rollcall.labels" -}}
{{ include "rollcall.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "rollcall.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{- $suffix := ternary "-embedded" "" (eq .Values.mode "single") -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default (printf "%s%s" .Chart.AppVersion $suffix) }}
{{- end -}}
{{- end -}}

{{- define "rollcall.hasVersions" -}}
{{- if and (eq .Values.mode "replicated") .Values.temporal.workerVersioning -}}true{{- end -}}
{{- end -}}

{{/* The version of the workers, as part of a name. */}}
{{- define "rollcall.workerVersion" -}}
{{- .Values.image.tag | default .Chart.AppVersion | lower | replace "." "-" | replace "_" "-" | trunc 30 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of the Deployment of one role. Context: dict "root" . "role" "api" */}}
{{- define "rollcall.deploymentName" -}}
{{- $name := printf "%s-%s" (include "rollcall.fullname" .root) .role -}}
{{- if and (eq .role "worker") (include "rollcall.hasVersions" .root) -}}
{{- printf "%s-%s" $name (include "rollcall.workerVersion" .root) | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{- define "rollcall.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "rollcall.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "rollcall.usesCluster" -}}
{{- if or .Values.kubernetesSources.allNamespaces .Values.kubernetesSources.namespaces .Values.kubernetesSources.configMaps -}}true{{- end -}}
{{- end -}}

{{/* The configuration file. Fails early when a required part is missing. */}}
{{- define "rollcall.config" -}}
{{- if eq .Values.mode "replicated" -}}
{{- $database := .Values.config.database | default dict -}}
{{- if not $database.host }}{{ fail "config.database.host is required: name your PostgreSQL server, or set mode: single for a trial" }}{{ end -}}
{{- $temporal := .Values.config.temporal | default dict -}}
{{- if not $temporal.address }}{{ fail "config.temporal.address is required: name your Temporal frontend (host:port), or set mode: single for a trial" }}{{ end -}}
{{- end -}}
{{- if or (dig "database" "password" "" .Values.config) (dig "database" "migrationPassword" "" .Values.config) }}{{ fail "passwords don't belong into config: use database.passwordSecret and database.migrationPasswordSecret" }}{{ end -}}
{{ toYaml .Values.config }}
{{- end -}}

{{- define "rollcall.configMapName" -}}
{{- .Values.existingConfigMap | default (include "rollcall.fullname" .) -}}
{{- end -}}

{{/* Environment shared by all containers. Context: root. */}}
{{- define "rollcall.environment" -}}
- name: ROLLCALL_CONFIG
  value: /etc/rollcall/config/rollcall.yaml
{{- if .Values.database.passwordSecret.name }}
- name: THV_REGISTRY_DATABASE_PASSWORDFILE
  value: /etc/rollcall/database/password
{{- end }}
{{- if .Values.temporal.apiKeySecret.name }}
- name: THV_REGISTRY_TEMPORAL_APIKEYFILE
  value: /etc/rollcall/temporal/api-key
{{- end }}
{{- if .Values.temporal.tlsSecret.name }}
- name: THV_REGISTRY_TEMPORAL_TLS_CAFILE
  value: /etc/rollcall/temporal-tls/ca.crt
- name: THV_REGISTRY_TEMPORAL_TLS_CERTIFICATEFILE
  value: /etc/rollcall/temporal-tls/tls.crt
- name: THV_REGISTRY_TEMPORAL_TLS_KEYFILE
  value: /etc/rollcall/temporal-tls/tls.key
{{- end }}
{{- if include "rollcall.hasVersions" . }}
- name: THV_REGISTRY_TEMPORAL_WORKERVERSIONING
  value: "true"
{{- end }}
{{- if .Values.certificateAuthorities.configMap }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/rollcall/authorities/ca.crt
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "rollcall.volumeMounts" -}}
- name: config
  mountPath: /etc/rollcall/config
  readOnly: true
- name: temporary
  mountPath: /tmp
{{- if .Values.database.passwordSecret.name }}
- name: database
  mountPath: /etc/rollcall/database
  readOnly: true
{{- end }}
{{- if .Values.temporal.apiKeySecret.name }}
- name: temporal
  mountPath: /etc/rollcall/temporal
  readOnly: true
{{- end }}
{{- if .Values.temporal.tlsSecret.name }}
- name: temporal-tls
  mountPath: /etc/rollcall/temporal-tls
  readOnly: true
{{- end }}
{{- if .Values.certificateAuthorities.configMap }}
- name: authorities
  mountPath: /etc/rollcall/authorities
  readOnly: true
{{- end }}
{{- range .Values.secrets }}
- name: secret-{{ .name }}
  mountPath: /etc/rollcall/secrets/{{ .name }}
  readOnly: true
{{- end }}
{{- end -}}

{{/* Context: dict "root" . "configMap" NAME */}}
{{- define "rollcall.volumes" -}}
{{- $root := .root -}}
- name: config
  configMap:
    name: {{ .configMap }}
- name: temporary
  emptyDir: {}
{{- with $root.Values.database.passwordSecret }}
{{- if .name }}
- name: database
  secret:
    secretName: {{ .name }}
    items: [{ key: {{ .key }}, path: password }]
{{- end }}
{{- end }}
{{- with $root.Values.temporal.apiKeySecret }}
{{- if .name }}
- name: temporal
  secret:
    secretName: {{ .name }}
    items: [{ key: {{ .key }}, path: api-key }]
{{- end }}
{{- end }}
{{- with $root.Values.temporal.tlsSecret }}
{{- if .name }}
- name: temporal-tls
  secret:
    secretName: {{ .name }}
{{- end }}
{{- end }}
{{- with $root.Values.certificateAuthorities }}
{{- if .configMap }}
- name: authorities
  configMap:
    name: {{ .configMap }}
    items: [{ key: {{ .key }}, path: ca.crt }]
{{- end }}
{{- end }}
{{- range $root.Values.secrets }}
- name: secret-{{ .name }}
  secret:
    secretName: {{ .name }}
{{- end }}
{{- end -}}

{{/* Probes on the internal port, which never depend on PostgreSQL or Temporal for liveness. */}}
{{- define "rollcall.probes" -}}
startupProbe:
  httpGet: { path: /health, port: internal }
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  httpGet: { path: /readiness, port: internal }
  periodSeconds: 5
  timeoutSeconds: 3
livenessProbe:
  httpGet: { path: /health, port: internal }
  periodSeconds: 20
{{- end -}}

{{/* Scheduling settings of one role. Context: dict "root" . "role" "api" "values" .Values.api */}}
{{- define "rollcall.scheduling" -}}
{{- if .values.topologySpread }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "rollcall.selectorLabels" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .role }}
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "rollcall.selectorLabels" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .role }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}
