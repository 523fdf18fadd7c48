{{/* What everything of this release is called; short enough for what is put behind it. */}}
{{- define "@name@.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 30 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 30 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{/* What a Deployment finds its pods by. Mustn't ever change. */}}
{{- define "@name@.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "@name@.labels" -}}
{{ include "@name@.selector" . }}
app.kubernetes.io/version: {{ include "@name@.tag" . | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{- define "@name@.tag" -}}
{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "@name@.image" -}}
{{ printf "%s:%s" .Values.image.repository (include "@name@.tag" .) | quote }}
{{- end -}}

{{- define "@name@.gateImage" -}}
{{ printf "%s:%s" .Values.gate.repository (.Values.gate.tag | default (include "@name@.tag" .)) | quote }}
{{- end -}}

{{/*
What a Job's name ends with. A Job can't be changed once it is there, so that each build needs
another name, and so does the same build with other values: the tag and the release's revision.
*/}}
{{- define "@name@.build" -}}
{{ printf "%s-r%d" (include "@name@.tag" . | lower | replace "." "-" | replace "_" "-" | trunc 15 | trimSuffix "-") (int .Release.Revision) }}
{{- end -}}
@if phoenix

{{/* What the release reads when it boots, from one Secret. */}}
{{- define "@name@.environment" -}}
- name: RELEASE_TMP
  value: /tmp
- name: SECRET_KEY_BASE
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: SECRET_KEY_BASE
- name: DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: DATABASE_URL
{{- end -}}
@end
