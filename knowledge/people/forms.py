"""The forms about members and invitations."""

from django import forms

from knowledge.models import Role


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role)


class InvitationForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(choices=Role, initial=Role.VIEWER)
