//! Who may do what: every role with every action, page and address of the API.

mod cast;
mod deeds;
mod impartiality;
mod pages;
mod people;
mod programs;
mod setting_up;
mod without_organisation;
